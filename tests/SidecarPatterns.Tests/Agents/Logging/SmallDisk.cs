using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>A small disk in memory, mounted on a folder; a test that can not have one is skipped, and counted as such.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    public static async Task<SmallDisk> MountAsync(string folder, int kilobytes)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("To mount a disk takes the administrator of a Linux machine.");
        }

        var size = string.Create(CultureInfo.InvariantCulture, $"size={kilobytes}k");
        if (await RunAsync("mount", "-t", "tmpfs", "-o", size, "tmpfs", folder) != 0)
        {
            Assert.Ignore("This machine lets nobody mount a disk.");
        }

        return new SmallDisk(folder);
    }

    public async ValueTask DisposeAsync() => await RunAsync("umount", _folder);

    private static async Task<int> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync().InTime();
        return process.ExitCode;
    }
}
