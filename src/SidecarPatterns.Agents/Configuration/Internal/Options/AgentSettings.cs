using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The options of one agent, as they are at present.</summary>
/// <param name="name">The name of the agent.</param>
/// <param name="configuration">What they are bound from.</param>
/// <param name="configure">The callback of the registration.</param>
internal sealed class AgentSettings(string name, IConfiguration configuration, Action<ConfigurationAgentOptions> configure)
{
    private ConfigurationAgentOptions? _current;
    private string? _lastProblem;

    /// <exception cref="OptionsValidationException">At the first time: something is not allowed.</exception>
    public ConfigurationAgentOptions Current => _current ??= Read();

    /// <summary>Reads them anew, since the configuration may have changed.</summary>
    /// <returns>What is wrong with them, if that is news; those before stay then.</returns>
    public string? Refresh()
    {
        string? problem = null;
        try
        {
            _current = Read();
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
    public IReadOnlyList<string> FindUnknown() => ConfigurationAgentRules.FindUnknown(Section);

    private IConfigurationSection Section => configuration.GetSection(ConfigurationAgentConstants.SectionOf(name));

    private ConfigurationAgentOptions Read()
    {
        var options = new ConfigurationAgentOptions();
        var failures = ConfigurationAgentRules.Bind(Section, options);
        if (failures.Count == 0)
        {
            configure(options);
            failures = ConfigurationAgentRules.FindFailures(Section.Path, options);
        }

        return failures.Count == 0 ? options : throw new OptionsValidationException(name, typeof(ConfigurationAgentOptions), failures);
    }
}
