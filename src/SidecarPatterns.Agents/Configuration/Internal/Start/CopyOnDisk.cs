using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SidecarPatterns;

/// <summary>
/// The copy of the last version that was adopted. It is written whole or not at all, can be read by its owner alone, and is taken only if it is the source's
/// and as it was written.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="origin">What the source is, exactly; the copy holds no more than its hash.</param>
internal sealed class CopyOnDisk(string path, string origin)
{
    private const int Format = 1;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan LeftOver = TimeSpan.FromMinutes(10);

    private readonly string _origin = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));

    /// <exception cref="IOException">It could not be written; the one before is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written there.</exception>
    public void Write(KeyTable table, string? revision, DateTimeOffset now)
    {
        var folder = Path.GetDirectoryName(path)!;
        CreateFolder(folder);
        var written = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (var file = new FileStream(written, OptionsOfNew()))
            {
                using (var json = new Utf8JsonWriter(file))
                {
                    Write(json, table, revision, now);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(written, path, overwrite: true);
        }
        catch
        {
            File.Delete(written);
            throw;
        }

        Sweep(folder);
    }

    /// <summary>The version that was written last.</summary>
    /// <returns><see langword="null"/> if there is none that is in order.</returns>
    public VersionCopy? Read(out string? problem)
    {
        problem = null;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(json.RootElement, ref problem);
        }
        catch (FileNotFoundException)
        {
            problem = "there is none";
        }
        catch (DirectoryNotFoundException)
        {
            problem = "there is none";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"it can not be read ({exception.GetType().Name})";
        }
        catch (Exception exception)
            when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or DocumentRefusedException)
        {
            problem = "it is corrupt";
        }

        return null;
    }

    private void Write(Utf8JsonWriter json, KeyTable table, string? revision, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteNumber("format", Format);
        json.WriteString("source", _origin);
        json.WriteString("written", now);
        json.WriteString("revision", revision);
        json.WriteString("hash", table.ComputeHash());
        json.WriteStartObject("keys");
        foreach (var (key, value) in table.Values)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private VersionCopy? Read(JsonElement copy, ref string? problem)
    {
        if (copy.GetProperty("format").GetInt32() != Format || copy.GetProperty("source").GetString() != _origin)
        {
            problem = "it is of another source";
            return null;
        }

        var builder = new KeyTableBuilder(KeyTable.Empty);
        foreach (var key in copy.GetProperty("keys").EnumerateObject())
        {
            builder.Add(key.Name, key.Value.GetString());
        }

        var (table, _) = builder.Build();
        if (copy.GetProperty("hash").GetString() != table.ComputeHash())
        {
            problem = "it is corrupt";
            return null;
        }

        var document = ConfigurationDocument.FromKeys(table.Values, copy.GetProperty("revision").GetString());
        return new VersionCopy(document, copy.GetProperty("written").GetDateTimeOffset());
    }

    private static FileStreamOptions OptionsOfNew()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return options;
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Deletes what a process has left that was killed while it wrote: it holds secrets too.</summary>
    private void Sweep(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, Path.GetFileName(path) + ".*.tmp"))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) > LeftOver)
            {
                File.Delete(file);
            }
        }
    }
}
