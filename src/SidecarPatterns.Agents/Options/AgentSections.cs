using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Which sections below <c>Agents</c> belong to the agents of an application. What else stands there is a typing error as a rule.</summary>
internal sealed class AgentSections
{
    /// <summary>The section below which agents have theirs, but for the log agent, whose is <c>Logging:Sidecar</c>.</summary>
    public const string Root = "Agents";

    private readonly List<string> _names = [];
    private bool _isTold;

    /// <summary>Those of an application that is being built.</summary>
    public static AgentSections Of(IServiceCollection services)
    {
        if (Find(services) is { } sections)
        {
            return sections;
        }

        sections = new AgentSections();
        services.AddSingleton(sections);
        return sections;
    }

    /// <exception cref="ArgumentException">The section is another agent's: their options would be mixed up.</exception>
    public static void ThrowIfTaken(IServiceCollection services, string name, string parameter)
    {
        if (Find(services)?.Has(name) == true)
        {
            throw new ArgumentException($"The section '{Root}:{name}' is another agent's: give this one another name.", parameter);
        }
    }

    /// <summary>One warning for every section that is no agent's, told to whichever agent of a host asks first, when all are registered.</summary>
    /// <param name="services">The container.</param>
    /// <param name="hasSection">Whether who asks has such a section; otherwise he is told only where nobody has.</param>
    public static IReadOnlyList<string> FindUnknown(IServiceProvider services, bool hasSection = true) =>
        services.GetService<AgentSections>() is { } sections
        && (hasSection || sections._names.Count == 0)
        && services.GetService<IConfiguration>() is { } configuration
        && !Interlocked.Exchange(ref sections._isTold, true)
            ? [.. configuration.GetSection(Root).GetChildren().Where(child => !sections.Has(child.Key)).Select(sections.Describe)]
            : [];

    /// <summary>A section is an agent's.</summary>
    public void Add(string name) => _names.Add(name);

    private static AgentSections? Find(IServiceCollection services) =>
        services.FirstOrDefault(static service => service.ServiceType == typeof(AgentSections))?.ImplementationInstance as AgentSections;

    private bool Has(string name) => _names.Contains(name, StringComparer.OrdinalIgnoreCase);

    private string Describe(IConfigurationSection child) => $"{child.Path} names no agent; " + (_names.Count == 0
        ? "none that has a section there is registered."
        : NearestName.Find(child.Key, _names) is { } nearest
            ? $"did you mean {nearest}?"
            : $"registered are {string.Join(", ", _names)}.");
}
