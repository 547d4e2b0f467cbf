using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Where the relative paths of agents begin.</summary>
internal static class ContentRoot
{
    /// <summary>The full path; below the folder of the program where there is no host.</summary>
    public static string PathOf(string path, IHostEnvironment? environment) =>
        Path.GetFullPath(path, Path.GetFullPath(environment?.ContentRootPath ?? AppContext.BaseDirectory));
}
