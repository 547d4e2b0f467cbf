using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns;

/// <summary>Finds what a process that ended in the middle of a line has left at the end of its file.</summary>
internal static class TornLine
{
    private const int BlockSize = 64 << 10;

    /// <summary>Where the file ends once its torn line is cut; its length where there is none.</summary>
    public static long FindEnd(SafeFileHandle file)
    {
        var block = new byte[BlockSize];
        for (var end = RandomAccess.GetLength(file); end > 0;)
        {
            var start = Math.Max(0, end - BlockSize);
            var read = RandomAccess.Read(file, block.AsSpan(0, (int)(end - start)), start);
            var lineFeed = block.AsSpan(0, read).LastIndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                return start + lineFeed + 1;
            }

            end = start;
        }

        return 0;
    }
}
