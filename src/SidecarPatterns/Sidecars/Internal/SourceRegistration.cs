namespace SidecarPatterns;

/// <summary>The registration of a sidecar that feeds the application.</summary>
internal sealed class SourceRegistration<T>(string name, string description, SidecarFactory<ISidecarSource<T>> factory)
    : SidecarRegistration(name, description)
{
    public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment) =>
        new SourceWorker<T>(Name, factory, options, environment);

    public override string ToString() => $"'{Name}' ({Description}, gives {typeof(T)})";
}
