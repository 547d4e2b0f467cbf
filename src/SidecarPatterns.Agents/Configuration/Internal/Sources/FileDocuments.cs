using System.Globalization;

namespace SidecarPatterns;

/// <summary>A file of JSON.</summary>
/// <param name="path">The file, which may be a link.</param>
/// <param name="clock">The clock.</param>
internal sealed class FileDocuments(string path, TimeProvider clock) : FileReading<FileStamp>(clock)
{
    protected override FileStamp Look() => FileStamp.Of(path);

    // The file that the link leads to, and no other that it may lead to by now.
    protected override async Task<ConfigurationDocument> ReadAsync(FileStamp stamp, int maxSize, CancellationToken ct) => ConfigurationDocument.FromJson(
        await ReadFileAsync(stamp, maxSize, ct).ConfigureAwait(false), stamp.WrittenAt.ToString("O", CultureInfo.InvariantCulture));

    protected override bool IsReplacedAsWhole(FileStamp stamp) => stamp.Path != path;

    protected override bool IsOld(FileStamp stamp) => stamp.IsOld;
}
