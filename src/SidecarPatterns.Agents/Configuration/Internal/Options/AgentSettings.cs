using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The options of one agent, as they are at present, and its source, which stays that of the registration.</summary>
internal sealed class AgentSettings
{
    private readonly string _name;
    private readonly IConfiguration _configuration;
    private readonly IHostEnvironment _environment;
    private readonly Action<ConfigurationAgentOptions> _configure;
    private string? _lastProblem;

    /// <param name="start">What there is while the agent is registered.</param>
    /// <param name="configure">The callback of the registration.</param>
    /// <exception cref="OptionsValidationException">Something is not allowed.</exception>
    /// <exception cref="InvalidOperationException">The callback names no source.</exception>
    public AgentSettings(AgentStart start, Action<ConfigurationAgentOptions> configure)
    {
        (_name, _configuration, _environment, _configure) = (start.Name, start.Builder.Configuration, start.Builder.Environment, configure);
        Current = Bind();
        Origin = Current.GetOrigin();
        ThrowIfNoCopy(Current);
    }

    public ConfigurationAgentOptions Current { get; private set; }

    /// <summary>Where versions come from.</summary>
    public DocumentOrigin Origin { get; }

    /// <summary>Reads them anew, since the configuration may have changed.</summary>
    /// <returns>What is wrong with them, if that is news; those before stay then.</returns>
    public string? Refresh()
    {
        string? problem = null;
        try
        {
            var next = Bind();
            ThrowIfNoCopy(next);
            Current = next;
        }
        catch (OptionsValidationException exception)
        {
            problem = string.Join(" ", exception.Failures);
        }
#pragma warning disable CA1031 // The callback is the user's own code, and its message may be about anything.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            problem = $"The callback of the registration threw {exception.GetType().Name}.";
        }

        var isNews = problem is not null && problem != _lastProblem;
        _lastProblem = problem;
        return isNews ? problem : null;
    }

    /// <summary>One warning for every key that is no option.</summary>
    public IReadOnlyList<string> FindUnknown() => ConfigurationAgentOptionRules.Table.FindUnknown(Section, Section.Path);

    private IConfigurationSection Section => _configuration.GetSection(ConfigurationAgentConstants.SectionOf(_name));

    private ConfigurationAgentOptions Bind()
    {
        var options = new ConfigurationAgentOptions();
        var failures = ConfigurationAgentOptionRules.Table.Bind(Section, Section.Path, options);
        if (failures.Count == 0)
        {
            _configure(options);
            failures = ConfigurationAgentOptionRules.Table.FindFailures(Section.Path, options);
        }

        return failures.Count == 0 ? options : throw Refused(failures);
    }

    // A version of the agent's own could name it too: the source is not to be written over by its copy.
    private void ThrowIfNoCopy(ConfigurationAgentOptions options)
    {
        if (options.CopyFile is not { } file)
        {
            return;
        }

        var path = ContentRoot.PathOf(file, _environment);
        var allowed = Directory.Exists(path) ? "the path of a file" : Origin.FindCopyProblem(path, _environment);
        if (allowed is not null)
        {
            throw Refused([$"{ConfigurationPath.Combine(Section.Path, nameof(options.CopyFile))} is '{file}'; allowed is nothing, or {allowed}."]);
        }
    }

    private OptionsValidationException Refused(IReadOnlyList<string> failures) => new(_name, typeof(ConfigurationAgentOptions), failures);
}
