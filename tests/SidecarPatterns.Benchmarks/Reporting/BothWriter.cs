using System.Text;

namespace SidecarPatterns.Benchmarks;

/// <summary>Writes to two at once.</summary>
internal sealed class BothWriter(TextWriter one, TextWriter other) : TextWriter
{
    public override Encoding Encoding => one.Encoding;

    public override void Write(char value)
    {
        one.Write(value);
        if (value != '\r')
            other.Write(value);
    }

    public override void Write(string? value)
    {
        one.Write(value);
        other.Write(value?.ReplaceLineEndings("\n"));
    }

    public override void WriteLine(string? value)
    {
        one.WriteLine(value);
        other.WriteLine(value?.ReplaceLineEndings("\n"));
        one.Flush();
        other.Flush();
    }
}
