using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Settings that a test changes while its host runs, as somebody does who edits a file.</summary>
internal sealed class ReloadableConfiguration : ConfigurationProvider, IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Builds a host that is configured by this.</summary>
    public TestHost BuildHost(Action<IServiceCollection> configure) => TestHost.BuildWith(builder =>
    {
        ((IConfigurationBuilder)builder.Configuration).Add(this);
        configure(builder.Services);
    });

    /// <summary>Changes settings in one reload. A value of <see langword="null"/> removes its key.</summary>
    public void Change(params IReadOnlyList<(string Key, string? Value)> settings)
    {
        foreach (var (key, value) in settings)
        {
            if (value is null)
            {
                Data.Remove(key);
            }
            else
            {
                Data[key] = value;
            }
        }

        OnReload();
    }
}
