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

    public abstract IConfigurationRoot Configuration { get; }

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

    public virtual void Dispose() => Directory.Delete(_folder, recursive: true);

    protected abstract Task ReloadAsync();
}
