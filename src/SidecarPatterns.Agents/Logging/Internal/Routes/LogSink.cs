namespace SidecarPatterns;

/// <summary>A sink that was registered.</summary>
/// <param name="Name">The name of its sidecar.</param>
/// <param name="Outlet">Finds where it brings its lines, if it is one of ours; <see langword="null"/> where there is nothing for it to do.</param>
/// <param name="IsUsers">Whether it is the user's own.</param>
internal sealed record LogSink(string Name, Func<IServiceProvider, LogOutlet?> Outlet, bool IsUsers);
