using System.Globalization;
using Microsoft.Extensions.Logging;
using NLog.Config;
using NLog.Extensions.Logging;
using NLog.Layouts;
using NLog.Targets;
using NLog.Targets.Wrappers;
using Serilog;
using Serilog.Configuration;
using Serilog.Formatting.Json;
using ZLogger;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A peer behind <c>Microsoft.Extensions.Logging</c>, as its own documentation sets it up; or with its own JSON formatter, and the fields that the agent
/// writes.
/// </summary>
internal sealed class FactoryContender : ILogContender
{
    private readonly ILoggerFactory _factory;

    private FactoryContender(Action<ILoggingBuilder> configure)
    {
        _factory = LoggerFactory.Create(configure);
        Logger = _factory.CreateLogger("Benchmark");
    }

    public ILogger Logger { get; }

    public void Dispose() => _factory.Dispose();

    public static FactoryContender Serilog(string folder) =>
        Serilog(sinks => sinks.File(Path.Combine(folder, "serilog.log"), formatProvider: CultureInfo.InvariantCulture));

    public static FactoryContender SerilogJson(string folder) =>
        Serilog(sinks => sinks.File(new JsonFormatter(renderMessage: true), Path.Combine(folder, "serilog.jsonl")));

    public static FactoryContender NLog(string folder) => NLog(new FileTarget("file") { FileName = Path.Combine(folder, "nlog.log") }, new NLogProviderOptions());

    public static FactoryContender NLogJson(string folder)
    {
        var values = new JsonLayout { IncludeEventProperties = true, ExcludeProperties = new HashSet<string> { "EventId_Id", "EventId_Name" } };
        var layout = new JsonLayout
        {
            Attributes =
            {
                new JsonAttribute("time", "${date:universalTime=true:format=o}"),
                new JsonAttribute("level", "${level}"),
                new JsonAttribute("category", "${logger}"),
                new JsonAttribute("eventId", "${event-properties:EventId_Id}", encode: false),
                new JsonAttribute("event", "${event-properties:EventId_Name}"),
                new JsonAttribute("message", "${message}"),
                new JsonAttribute("template", "${message:raw=true}"),
                new JsonAttribute("properties", values, encode: false),
                new JsonAttribute("exception", "${exception:format=tostring}"),
            },
        };
        return NLog(
            new FileTarget("file") { FileName = Path.Combine(folder, "nlog.jsonl"), Layout = layout },
            new NLogProviderOptions { CaptureEventId = EventIdCaptureType.EventId_Id | EventIdCaptureType.EventId_Name });
    }

    public static FactoryContender ZLogger(string folder) =>
        new(logging => logging.AddZLoggerFile(Path.Combine(folder, "zlogger.log")));

    // It has no word for the template.
    public static FactoryContender ZLoggerJson(string folder) => new(logging => logging.AddZLoggerFile(
        Path.Combine(folder, "zlogger.jsonl"),
        options => options.UseJsonFormatter(formatter => formatter.IncludeProperties =
            IncludeProperties.Timestamp | IncludeProperties.LogLevel | IncludeProperties.CategoryName | IncludeProperties.EventIdValue
            | IncludeProperties.EventIdName | IncludeProperties.Message | IncludeProperties.Exception | IncludeProperties.ParameterKeyValues)));

    private static FactoryContender Serilog(Action<LoggerSinkConfiguration> file) =>
        new(logging => logging.AddSerilog(new LoggerConfiguration().WriteTo.Async(file).CreateLogger(), dispose: true));

    private static FactoryContender NLog(FileTarget file, NLogProviderOptions options)
    {
        var configuration = new LoggingConfiguration();
        configuration.AddRuleForAllLevels(new AsyncTargetWrapper("async", file));
        options.ShutdownOnDispose = true;
        return new(logging => logging.AddNLog(configuration, options));
    }
}
