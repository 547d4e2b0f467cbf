using Microsoft.Win32.SafeHandles;

namespace SidecarPatterns;

/// <summary>Finds what a process that ended in the middle of a line has left at the end of its file.</summary>
internal static class TornLine
{
    private const int BlockSize = 4 << 10; // Nearly always enough, and no reason to allocate.

    /// <summary>Where the file ends once its torn line is cut; its length where there is none.</summary>
    public static long FindEnd(SafeFileHandle file)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        for (var end = RandomAccess.GetLength(file); end > 0;)
        {
            var start = Math.Max(0, end - BlockSize);
            var read = RandomAccess.Read(file, block[..(int)(end - start)], start);
            var lineFeed = block[..read].LastIndexOf((byte)'\n');
            if (lineFeed >= 0)
            {
                return start + lineFeed + 1;
            }

            end = start;
        }

        return 0;
    }
}
