namespace SidecarPatterns.Benchmarks;

/// <summary>A document beside <c>Results.md</c>, of a command that takes too long to be a part of it.</summary>
internal static class Fragment
{
    /// <summary>Writes what a command prints to the console, and to a document if there is a folder for it.</summary>
    /// <param name="folder">The folder, if any.</param>
    /// <param name="title">What the document is about; its file is <c>Results.TITLE.md</c>.</param>
    /// <param name="arguments">What the program was started with, but for the folder.</param>
    /// <param name="write">Prints all but the head.</param>
    public static void Write(string? folder, string title, string arguments, Action<TextWriter> write)
    {
        if (folder is null)
        {
            write(Console.Out);
            return;
        }

        Directory.CreateDirectory(folder);
        using var file = new StreamWriter(Path.Combine(folder, $"Results.{title}.md")) { NewLine = "\n" };
        file.WriteLine($"# {title}");
        file.WriteLine();
        file.WriteLine("Written by the benchmark project; nobody edits it.");
        file.WriteLine();
        Machine.Write(file, $"{arguments} {Machine.Folder}");
        file.WriteLine();
        write(new BothWriter(Console.Out, file));
    }
}
