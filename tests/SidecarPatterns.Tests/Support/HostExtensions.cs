using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>What tests do with a host as a whole.</summary>
internal static class HostExtensions
{
    /// <summary>Waits until the host has been told to stop, stops it, and returns what that failed with.</summary>
    public static Task<Exception?> WaitForShutdownFailureAsync(this IHost host) => host.WaitForShutdownAsync().FailureAsync();
}
