using System.Globalization;
using Microsoft.Extensions.Logging;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Targets;
using NLog.Targets.Wrappers;
using Serilog;
using ZLogger;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace SidecarPatterns.Benchmarks;

/// <summary>A peer behind <c>Microsoft.Extensions.Logging</c>, as its own documentation sets it up.</summary>
internal sealed class FactoryContender : ILogContender
{
    private readonly ILoggerFactory _factory;

    private FactoryContender(Action<ILoggingBuilder> configure)
    {
        _factory = LoggerFactory.Create(configure);
        Logger = _factory.CreateLogger("Benchmark");
    }

    public ILogger Logger { get; }

    public static FactoryContender Serilog(string folder)
    {
        string path = Path.Combine(folder, "serilog.log");
        return new(logging => logging.AddSerilog(
            new LoggerConfiguration().WriteTo.Async(sinks => sinks.File(path, formatProvider: CultureInfo.InvariantCulture)).CreateLogger(), dispose: true));
    }

    public static FactoryContender NLog(string folder)
    {
        var configuration = new LoggingConfiguration();
        var file = new FileTarget("file") { FileName = Path.Combine(folder, "nlog.log") };
        configuration.AddRuleForAllLevels(new AsyncTargetWrapper("async", file));
        return new(logging => logging.AddNLog(configuration, new NLogProviderOptions { ShutdownOnDispose = true }));
    }

    public static FactoryContender ZLogger(string folder) =>
        new(logging => logging.AddZLoggerFile(Path.Combine(folder, "zlogger.log")));

    public void Dispose() => _factory.Dispose();
}
