using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>
/// Sets the options of an agent from its section, where there is a configuration, and refuses those that are not allowed, with all the reasons at once.
/// </summary>
/// <param name="table">The options.</param>
/// <param name="path">The path of their section, for the messages.</param>
/// <param name="section">The section.</param>
internal sealed class AgentOptionsSetup<TOptions>(AgentOptionTable<TOptions> table, string path, IConfiguration? section)
    : IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class
{
    /// <summary>Adds both to a container, before what the application says.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="table">The options.</param>
    /// <param name="path">The path of their section, for the messages.</param>
    /// <param name="find">Finds the section in the container, if that has a configuration.</param>
    public static void Add(IServiceCollection services, AgentOptionTable<TOptions> table, string path, Func<IServiceProvider, IConfiguration?> find)
    {
        services.AddSingleton<IConfigureOptions<TOptions>>(provider => new AgentOptionsSetup<TOptions>(table, path, find(provider)));
        services.AddSingleton<IValidateOptions<TOptions>>(new AgentOptionsSetup<TOptions>(table, path, section: null));
    }

    /// <exception cref="OptionsValidationException">A value can not be read; every such key is named, with its value and what is allowed.</exception>
    public void Configure(TOptions options)
    {
        var failures = section is null ? [] : table.Bind(section, path, options);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(path, typeof(TOptions), failures);
        }
    }

    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var failures = table.FindFailures(path, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
