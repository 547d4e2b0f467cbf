using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns.Benchmarks;

/// <summary>A file that is replaced by another version of as many keys, time and again, and what makes a configuration of it.</summary>
internal abstract class ConfigurationSwap : IContender
{
    private readonly string _folder = Directory.CreateTempSubdirectory("swap").FullName;
    private readonly byte[][] _versions;
    private int _version;

    protected ConfigurationSwap(int keys, int differing)
    {
        Keys = keys;
        _versions = [Document(0), Document(1)];
        File.WriteAllBytes(Path, _versions[0]);

        byte[] Document(int version)
        {
            var text = new StringBuilder("{");
            for (int i = 0; i < keys; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"{(i % 10 == 0 ? $"{(i == 0 ? "" : "},")}\"Section{i / 10}\":{{" : ",")}\"Setting{i % 10}\":\"value {i} {(i < differing ? version : 0)}\"");
            }

            return Encoding.UTF8.GetBytes(text.Append("}}").ToString());
        }
    }

    public int Keys { get; }

    public IConfigurationRoot Configuration => Manager;

    /// <summary>Theirs, in which the source of the file stands first.</summary>
    protected ConfigurationManager Manager { get; } = new();

    /// <summary>
    /// Adds a source that overrides the file's, as a command line does. Without one, the compiler guesses at the single call in <c>ConfigurationManager</c>
    /// which of the two contenders' providers it will meet: either of them wins 5 ns by that, by chance.
    /// </summary>
    protected void AddOverrides() => Manager.AddInMemoryCollection();

    protected string Path => System.IO.Path.Combine(_folder, "settings.json");

    public async Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            _version = 1 - _version;
            await File.WriteAllBytesAsync(Path, _versions[_version]);
            await ReloadAsync();
        }
    }

    public void Dispose()
    {
        Manager.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    protected abstract Task ReloadAsync();
}
