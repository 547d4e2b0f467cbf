using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns;

/// <summary>
/// Follows the configuration from the start of the host on: what can change does so, what can not is told of, as is what nobody reads, and what is
/// wrong changes nothing.
/// </summary>
/// <remarks>One reload at a time; a configuration that tells twice of one change has no second effect.</remarks>
internal sealed class SidecarReload : IDisposable
{
    private readonly Lock _lock = new();
    private readonly IConfiguration _configuration;
    private readonly SidecarRegistry _registry;
    private readonly IReadOnlyList<(SidecarRegistration Registration, SidecarSupervisor Supervisor)> _sidecars;
    private readonly IReadOnlyList<SidecarGroup> _groups;
    private readonly IOptionsFactory<SidecarOptions> _options;
    private readonly IOptionsFactory<SidecarGroupOptions> _groupOptions;
    private readonly ILogger _logger;
    private readonly HashSet<string> _told = []; // So that each is said once.
    private readonly Dictionary<string, string> _groupErrors = []; // What is wrong at present, by group.
    private readonly IDisposable _registration;
    private IReadOnlyList<string> _unknown = []; // The keys that nobody reads, as they were told last.

    public SidecarReload(IConfiguration configuration, SidecarCatalog catalog, SidecarRegistry registry)
    {
        _configuration = configuration;
        _registry = registry;
        _sidecars = [.. registry.Registrations.Zip(catalog.Supervisors)];
        _groups = catalog.Groups;
        _options = catalog.Environment.Services.GetRequiredService<IOptionsFactory<SidecarOptions>>();
        _groupOptions = catalog.Environment.Services.GetRequiredService<IOptionsFactory<SidecarGroupOptions>>();
        _logger = catalog.Environment.SupervisionLogger;
        TellUnknown();
        _registration = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    public void Dispose() => _registration.Dispose();

    private void Reload()
    {
        lock (_lock)
        {
            foreach (var (registration, supervisor) in _sidecars)
            {
                Reload(registration, supervisor);
            }

            foreach (var group in _groups)
            {
                Reload(group);
            }

            TellUnknown();
        }
    }

    private void Reload(SidecarRegistration registration, SidecarSupervisor supervisor)
    {
        var (next, error) = OptionsReading.ReadAnew(() => registration.ReadOptions(_options));
        var isNews = error != supervisor.OptionsError;
        supervisor.OptionsError = error;
        if (error is not null)
        {
            if (isNews)
            {
                SupervisionLog.OptionsRefused(_logger, supervisor.Name, error);
            }

            return;
        }

        var changed = SidecarOptionRules.Table.FindChanged(supervisor.Options, next!);
        var kept = OptionRuleTable<SidecarOptions>.KeepFixed(SidecarOptionRules.SectionOf(supervisor.Name), supervisor.Options, next!, changed);
        foreach (var problem in kept.Where(_told.Add))
        {
            SupervisionLog.ConfigurationProblem(_logger, problem);
        }

        if (changed.Count > 0)
        {
            supervisor.Apply(next!);
            SupervisionLog.OptionsChanged(_logger, supervisor.Name, OptionRuleTable<SidecarOptions>.Describe(changed, next!));
        }
    }

    private void Reload(SidecarGroup group)
    {
        var (next, error) = OptionsReading.ReadAnew(() => _groupOptions.Read(group.Name));
        if (error is not null)
        {
            if (_groupErrors.GetValueOrDefault(group.Name) != error)
            {
                _groupErrors[group.Name] = error;
                SupervisionLog.GroupOptionsRefused(_logger, group.Name, error);
            }

            return;
        }

        _groupErrors.Remove(group.Name);
        var changed = SidecarGroupOptionRules.Table.FindChanged(group.Options, next!);
        if (changed.Count > 0)
        {
            group.Apply(next!);
            SupervisionLog.GroupOptionsChanged(_logger, group.Name, OptionRuleTable<SidecarGroupOptions>.Describe(changed, next!));
        }
    }

    private void TellUnknown()
    {
        IReadOnlyList<string> unknown =
        [
            .. SidecarConfigurationCheck.FindUnknown(_configuration, [.. _registry.Registrations.Select(static sidecar => sidecar.Name)]),
            .. SidecarConfigurationCheck.FindUnknownOfGroups(_configuration, [.. _registry.Groups.Select(static group => group.Name)]),
        ];
        foreach (var problem in unknown.Except(_unknown))
        {
            SupervisionLog.ConfigurationProblem(_logger, problem);
        }

        _unknown = unknown;
    }
}
