using System.Globalization;
using System.Text;

namespace SidecarPatterns;

/// <summary>The files of a folder: <c>.json</c> is JSON, any other a key.</summary>
/// <param name="path">The folder, as of a mounted <c>ConfigMap</c>.</param>
/// <param name="clock">The clock.</param>
internal sealed class FolderDocuments(string path, TimeProvider clock) : FileReading<FolderStamp>(clock)
{
    /// <summary>The link by which Kubernetes replaces all files of a mount at once.</summary>
    private const string DataLink = "..data";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Without a file it is about to be mounted, or removed: that is no version without keys.
    protected override FolderStamp Look()
    {
        var link = new DirectoryInfo(Path.Combine(path, DataLink));
        var folder = link.LinkTarget is null ? path : FileStamp.TargetOf(link, isFinal: true);
        var files = Directory.EnumerateFileSystemEntries(folder)
            .Where(static entry => !Path.GetFileName(entry).StartsWith('.') && !Directory.Exists(entry))
            .Order(StringComparer.Ordinal)
            .Select(static entry => (Path.GetFileName(entry), FileStamp.Of(entry)))
            .ToArray();
        return files.Length == 0 ? throw new SourceAwayException("there is no file in it") { IsTransient = true } : new FolderStamp(folder, files);
    }

    protected override async Task<ConfigurationDocument> ReadAsync(FolderStamp stamp, int maxSize, CancellationToken ct)
    {
        List<(string Name, byte[] Content)> contents = [];
        long left = maxSize;
        foreach (var (name, file) in stamp.Files)
        {
            var content = await ReadFileAsync(file, left, ct).ConfigureAwait(false);
            left -= content.Length;
            contents.Add((name, content));
        }

        return new ConfigurationDocument(table => Fill(table, contents), RevisionOf(stamp));
    }

    protected override bool IsReplacedAsWhole(FolderStamp stamp) => stamp.Folder != path;

    protected override bool IsOld(FolderStamp stamp) => stamp.Files.All(static file => file.Stamp.IsOld);

    private string? RevisionOf(FolderStamp stamp) => stamp switch
    {
        _ when stamp.Folder != path => Path.GetFileName(stamp.Folder),
        _ => stamp.Files.Max(static file => file.Stamp.WrittenAt).ToString("O", CultureInfo.InvariantCulture),
    };

    private static void Fill(KeyTableBuilder table, List<(string Name, byte[] Content)> files)
    {
        foreach (var (name, content) in files)
        {
            try
            {
                FillFrom(table, name, content);
            }
            catch (DocumentRefusedException exception)
            {
                throw new DocumentRefusedException($"file '{name}': {exception.Message}");
            }
        }
    }

    private static void FillFrom(KeyTableBuilder table, string name, byte[] content)
    {
        if (name.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            JsonKeys.Read(content, table);
            return;
        }

        try
        {
            table.Add(name.Replace("__", ":", StringComparison.Ordinal), WithoutLineBreak(Strict.GetString(WithoutMark(content))));
        }
        catch (DecoderFallbackException)
        {
            throw new DocumentRefusedException("its text is not UTF-8");
        }
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith(Encoding.UTF8.Preamble) ? content[Encoding.UTF8.Preamble.Length..] : content;

    private static string WithoutLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2]
        : text.EndsWith('\n') ? text[..^1]
        : text;
}
