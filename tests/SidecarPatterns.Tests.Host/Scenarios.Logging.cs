using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Host;

/// <summary>What the log agent does when its process is killed, crashes, ends, or has no room on its disk. The folder is in <c>LOG_FOLDER</c>.</summary>
internal static partial class Scenarios
{
    private static string LogFolder => Environment.GetEnvironmentVariable("LOG_FOLDER")!;

    private static Action<ISidecarControl> LogStream(IServiceCollection services)
    {
        AddLogAgent(services, static _ => { });
        services.AddHostedService<LineStream>();
        return static _ => { };
    }

    private static Action<ISidecarControl> LogAndStop(IServiceCollection services)
    {
        AddLogAgent(services, static _ => { });
        services.AddHostedService<FewLines>();
        return static _ => { };
    }

    private static Action<ISidecarControl> LogCrash(IServiceCollection services)
    {
        AddLogAgent(services, static options => options.FlushOnCrash = true);
        services.AddHostedService<CrashingService>();
        return static _ => { };
    }

    private static Action<ISidecarControl> LogToFullDisk(IServiceCollection services)
    {
        AddLogAgent(services, static options => options.File.MaxBytes = 50_000);
        services.AddHostedService<DiskFiller>();
        return static _ => { };
    }

    private static void AddLogAgent(IServiceCollection services, Action<LogSidecarOptions> configure)
    {
        services.AddLogging(logging => logging.AddSidecar(options =>
        {
            options.File.Folder = LogFolder;
            options.File.Name = "app";
            configure(options);
        }));
        services.Configure<SidecarOptions>(AgentNames.Log, static options => options.FullMode = System.Threading.Channels.BoundedChannelFullMode.Wait);
        services.Configure<LoggerFilterOptions>(static filters =>
        {
            filters.Rules.Add(new LoggerFilterRule("Sidecar", "*", LogLevel.None, null));
            filters.Rules.Add(new LoggerFilterRule("Sidecar", "Test", LogLevel.Trace, null));
        });
    }
}
