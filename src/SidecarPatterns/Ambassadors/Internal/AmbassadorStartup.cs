using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns;

/// <summary>
/// Checks all ambassadors when the host starts, so that a wrong setting is told then and not with the first call; and follows the configuration.
/// </summary>
internal sealed class AmbassadorStartup(AmbassadorCatalog catalog) : IHostedLifecycleService, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _errors = new(StringComparer.OrdinalIgnoreCase); // What is wrong at present, by name.
    private IDisposable? _registration;
    private IReadOnlyList<string> _unknown = [];

    /// <summary>Checks them.</summary>
    /// <exception cref="OptionsValidationException">Options are not allowed; all errors of all ambassadors at once.</exception>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _ = OptionsReading.ReadAll([.. catalog.Registry.Names], catalog.Read, AmbassadorConstants.SectionName);
        catalog.CreateRegistered();
        catalog.JudgePublicHandlers();
        TellUnknown();
        if (catalog.Configuration is { } configuration)
        {
            _registration = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Tokens do not outlive the application. Sidecars that drain still may ask for them anew.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        catalog.Credentials.Drop();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _registration?.Dispose();
        catalog.Credentials.Dispose();
    }

    private void Reload()
    {
        lock (_lock)
        {
            foreach (var state in catalog.States)
            {
                Reload(state);
            }

            TellUnknown();
        }
    }

    private void Reload(AmbassadorState state)
    {
        var (settings, error) = OptionsReading.ReadAnew(() => catalog.Read(state.Name));
        if (settings is null)
        {
            if (_errors.GetValueOrDefault(state.Name) != error)
            {
                _errors[state.Name] = error!;
                AmbassadorLog.AmbassadorOptionsRefused(catalog.Logger, state.Name, error!);
            }

            return;
        }

        _errors.Remove(state.Name);
        var changed = AmbassadorOptionRules.Table.FindChanged(state.Settings.Options, settings.Options);
        var kept = OptionRuleTable<AmbassadorOptions>.KeepFixed(AmbassadorOptionRules.SectionOf(state.Name), state.Settings.Options, settings.Options, changed);
        foreach (var problem in kept.Where(state.Told.IsNew))
        {
            AmbassadorLog.AmbassadorConfigurationProblem(catalog.Logger, problem);
        }

        if (changed.Count > 0)
        {
            Apply(state, settings, changed);
        }
    }

    private void Apply(AmbassadorState state, AmbassadorSettings settings, List<OptionRule<AmbassadorOptions>> changed)
    {
        foreach (var rule in changed.Where(rule => AmbassadorOptionRules.IsReadByHandlers(rule.Key, state.Settings.Options)))
        {
            var problem = $"{AmbassadorOptionRules.SectionOf(state.Name)}:{rule.Key} is {rule.Show(settings.Options)} now; it takes effect with the next handler that is built.";
            if (state.Told.IsNew(problem))
            {
                AmbassadorLog.AmbassadorConfigurationProblem(catalog.Logger, problem);
            }
        }

        state.Apply(settings);
        AmbassadorLog.AmbassadorOptionsChanged(
            catalog.Logger, state.Name, OptionRuleTable<AmbassadorOptions>.Describe(changed, settings.Options));
    }

    private void TellUnknown()
    {
        // With client defaults any name may yet come.
        IEnumerable<string> coming = catalog.Registry.CoversDefaults && catalog.Configuration is { } configuration
            ? configuration.GetSection(AmbassadorConstants.SectionName).GetChildren().Select(static section => section.Key)
            : [];
        IEnumerable<string> names = [.. catalog.Registry.Names, .. catalog.States.Select(static state => state.Name), .. coming];
        var unknown = AmbassadorOptionRules.Check.FindUnknown(catalog.Configuration, [.. names.Distinct(StringComparer.OrdinalIgnoreCase)]);
        foreach (var problem in unknown.Except(_unknown))
        {
            AmbassadorLog.AmbassadorConfigurationProblem(catalog.Logger, problem);
        }

        _unknown = unknown;
    }
}
