using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>What <c>AddSidecar</c> on a logging builder adds to the container.</summary>
internal static class LogSidecarServices
{
    public static LogSidecarBuilder AddLogSidecarCore(this ILoggingBuilder logging, Action<LogSidecarOptions>? configure)
    {
        logging.AddConfiguration();
        var services = logging.Services;
        services.AddBatchSidecar<FileSink, LogEntry>(AgentNames.Log).StartsFirst()
            .DeadLettersTo(static provider => new AbandonedLines(provider.GetRequiredService<LogStore>()));
        services.AddLogSinkDefaults(AgentNames.Log, LogSidecarConstants.BatchSize, LogSidecarConstants.BatchInterval, isCritical: true);
        AgentSections.Of(services);
        AgentOptionsSetup<LogSidecarOptions>.Add(services, LogSidecarOptionRules.Table, LogSidecarConstants.SectionName, FindSection);
        if (configure is not null)
        {
            services.Configure(configure);
        }

        var sinks = new LogSinks();
        sinks.All.Add(new LogSink(
            AgentNames.Log, static provider => provider.GetRequiredService<LogStore>() is { IsEnabled: true } store ? store : null, IsUsers: false));
        services.AddSingleton(sinks);
        services.TryAddSingleton<ILogFileSystem, LogFileSystem>();
        services.TryAddSingleton(static provider => new LastResort(Console.OpenStandardError, TimeProviderOf(provider)));
        services.AddSingleton(static provider => MakeStore(provider));
        services.AddSingleton(static provider => new LogRoutes(
            provider,
            provider.GetRequiredService<LogSinks>(),
            provider.GetRequiredService<LogStore>(),
            provider.GetRequiredService<LastResort>(),
            TimeProviderOf(provider)));
        services.AddSingleton(static provider => new SidecarLog(
            provider, provider.GetRequiredService<LogRoutes>(), provider.GetRequiredService<LogStore>()));
        services.AddSingleton<ILoggerProvider>(static provider => MakeProvider(provider));
        return new LogSidecarBuilder(services, sinks);
    }

    /// <summary>What the options of a sink are where neither the configuration nor the application says anything.</summary>
    public static void AddLogSinkDefaults(this IServiceCollection services, string name, int batchSize, TimeSpan interval, bool isCritical)
    {
        // Before what binds the configuration, which stands above it.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<SidecarOptions>>(new ConfigureNamedOptions<SidecarOptions>(name, options =>
        {
            options.Capacity = LogSidecarConstants.Capacity;
            options.FullMode = BoundedChannelFullMode.DropWrite;
            options.BatchSize = batchSize;
            options.BatchInterval = interval;
            options.Critical = isCritical;
            options.StuckAfter = null; // A sink that waits for its storage tells of that itself.
        })));
        services.AddSingleton<IValidateOptions<SidecarOptions>>(new LogSinkOptionsValidator(name));
        services.PostConfigure<SidecarOptions>(name, static options => options.BatchSize = Math.Min(options.BatchSize, options.Capacity));
    }

    private static LogStore MakeStore(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<LogSidecarOptions>>().Value.File;
        var environment = provider.GetService<IHostEnvironment>();
        var folder = ContentRoot.PathOf(options.Folder, environment);
        var name = string.IsNullOrEmpty(options.Name) ? Sanitized(environment?.ApplicationName ?? AppDomain.CurrentDomain.FriendlyName) : options.Name;
        return new LogStore(
            options, folder, name, TimeProviderOf(provider), provider.GetRequiredService<LastResort>(), provider.GetRequiredService<ILogFileSystem>());
    }

    private static SidecarLoggerProvider MakeProvider(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<LogSidecarOptions>>().Value;
        var routes = provider.GetRequiredService<LogRoutes>();
        var timeProvider = TimeProviderOf(provider);
        var crashHook = options.FlushOnCrash ? new CrashHook(routes, provider.GetRequiredService<SidecarLog>(), timeProvider) : null;
        var problems = LogSidecarOptionRules.Table.FindUnknown(FindSection(provider), LogSidecarConstants.SectionName, LogSidecarOptionRules.Levels)
            .Concat(AgentSections.FindUnknown(provider, hasSection: false));
        return new SidecarLoggerProvider(options, routes, timeProvider, crashHook, problems);
    }

    private static IConfiguration FindSection(IServiceProvider provider) =>
        provider.GetRequiredService<ILoggerProviderConfiguration<SidecarLoggerProvider>>().Configuration;

    private static TimeProvider TimeProviderOf(IServiceProvider provider) => provider.GetService<TimeProvider>() ?? TimeProvider.System;

    private static string Sanitized(string name)
    {
        var invalid = Path.GetInvalidFileNameChars();
        return string.Concat(name.Select(character => Array.IndexOf(invalid, character) < 0 && !char.IsWhiteSpace(character) ? character : '_'));
    }
}
