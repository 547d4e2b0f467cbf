using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Hosts with a log agent that writes to a folder of the test's, and only lines of the categories that begin with "Test".</summary>
internal static class LogHosts
{
    public const string Category = "Test.Shop";

    public static TestHost Build(
        LogFolder folder,
        Action<LogSidecarOptions>? configure = null,
        Action<LogSidecarBuilder>? sinks = null,
        Action<IServiceCollection>? services = null,
        ErrorStream? standardError = null,
        bool onlyTests = true) => TestHost.BuildWith(builder => Add(builder, folder, configure, sinks, services, standardError, onlyTests));

    public static void Add(
        HostApplicationBuilder builder,
        LogFolder folder,
        Action<LogSidecarOptions>? configure = null,
        Action<LogSidecarBuilder>? sinks = null,
        Action<IServiceCollection>? services = null,
        ErrorStream? standardError = null,
        bool onlyTests = true)
    {
        if (onlyTests)
        {
            builder.Logging.AddFilter<SidecarLoggerProvider>(static (category, _) => category!.StartsWith("Test", StringComparison.Ordinal));
        }

        var error = standardError ?? new ErrorStream();
        builder.Services.AddSingleton(provider => new LastResort(error.Open, provider.GetRequiredService<TimeProvider>()));
        var agent = builder.Logging.AddSidecar(options =>
        {
            options.File.Folder = folder.Path;
            options.File.Name = "app";
            configure?.Invoke(options);
        });
        sinks?.Invoke(agent);
        services?.Invoke(builder.Services);
    }

    public static ILogger Logger(this TestHost host, string category = Category) => host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    /// <summary>Starts the host and waits until the sink naps: a line that comes before its first look does not wait for the next one.</summary>
    public static async Task StartNappingAsync(this TestHost host)
    {
        await host.StartAsync();
        await host.Clock.ArmedAsync(LogSidecarConstants.BatchInterval);
    }

    /// <summary>Waits until all that was logged is in the file.</summary>
    public static Task FlushLogAsync(this TestHost host) => host.Services.GetRequiredService<SidecarLog>().FlushAsync().InTime();
}
