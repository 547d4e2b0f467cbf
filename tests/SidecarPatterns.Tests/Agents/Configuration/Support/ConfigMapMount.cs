using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>
/// A folder as the kubelet mounts a <c>ConfigMap</c>: each file a link through <c>..data</c>, which is replaced in one step and whose old folder is deleted
/// then.
/// </summary>
internal sealed class ConfigMapMount : IDisposable
{
    private readonly TestFolder _folder = new();
    private int _number;

    public string Path => _folder.Path;

    /// <summary>Replaces all files.</summary>
    public void Publish(params IReadOnlyList<(string Name, string Text)> files)
    {
        var old = new DirectoryInfo(_folder.File("..data")).LinkTarget;
        var name = "..2026_" + (++_number).ToString(CultureInfo.InvariantCulture);
        Directory.CreateDirectory(_folder.File(name));
        foreach (var (file, text) in files)
        {
            _folder.Write(System.IO.Path.Combine(name, file), text);
        }

        Lead(name);
        foreach (var (file, _) in files.Where(file => !File.Exists(_folder.File(file.Name))))
        {
            File.CreateSymbolicLink(_folder.File(file), System.IO.Path.Combine("..data", file));
        }

        if (old?.StartsWith("..2026_", StringComparison.Ordinal) == true)
        {
            Directory.Delete(_folder.File(old), recursive: true);
        }
    }

    /// <summary>Has the link lead elsewhere, in one step, and leaves the folder that it has led to.</summary>
    public void Lead(string target)
    {
        File.CreateSymbolicLink(_folder.File("..data_tmp"), target);
        if (Rename(Bytes(_folder.File("..data_tmp")), Bytes(_folder.File("..data"))) != 0)
        {
            throw new IOException($"rename failed with {Marshal.GetLastPInvokeError()}");
        }
    }

    public string FileOf(string name) => _folder.File(name);

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    // That of .NET does not replace a link to a folder.
    [DllImport("libc", EntryPoint = "rename", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Rename(byte[] from, byte[] to);
}
