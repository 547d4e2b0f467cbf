using ConsoleApp.Orders;
using ConsoleApp.PriceService;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace ConsoleApp.Agents;

/// <summary>
/// Registers the stock sidecars that were asked for. The application logs, measures and reads its options as any does, and knows none of them.
/// </summary>
internal static class AgentRegistration
{
    private const string StoreName = "log-store";

    // Short, so that a short run shows a change. By default metrics are written every 10 s, and changes are looked for every 30 s.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartupTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The log agent: what is logged goes to a file, as lines of JSON, and to a log store.</summary>
    public static void AddLogs(this HostApplicationBuilder builder, AgentChoice choice, PriceServer prices)
    {
        if (choice is { Logs: null, ShipLogs: false })
            return;

        LogSidecarBuilder log = builder.Logging.AddSidecar(options =>
        {
            options.File.Enabled = choice.Logs is not null;
            options.File.Folder = Path.GetFullPath(choice.Logs ?? options.File.Folder);
        });
        if (choice.ShipLogs)
        {
            log.AddSink<LogShipper>(LogShipper.Name, options => options.MaxAttempts = 5);
            builder.AddLogStore(prices);
        }
    }

    /// <summary>The metrics agent: what the application and its sidecars measure goes to a file, as text for Prometheus.</summary>
    public static void AddMetrics(this HostApplicationBuilder builder, AgentChoice choice)
    {
        if (choice.Metrics is not { } file)
            return;

        builder.Services.AddMetricsSidecar(options =>
        {
            options.PrometheusFile = Path.GetFullPath(file);
            options.Interval = Interval;
            options.Meters.Add(OrderTally.MeterName);
            options.Meters.Add(SidecarDiagnostics.MeterName);
        });
    }

    /// <summary>The configuration agent: settings that are looked up anew while the program runs, and are in force only if they are in order.</summary>
    /// <returns>Whether there are some to start with, if they were asked for; what is wrong has been told otherwise.</returns>
    public static bool TryAddSettings(this HostApplicationBuilder builder, AgentChoice choice, PriceServer prices, out int exitCode)
    {
        exitCode = ExitCode.Success;
        if (choice.Config is not { } source)
            return true;

        try
        {
            builder.AddConfigurationSidecar(agent =>
            {
                if (CommandLine.AddressOf(source) is { } address)
                    agent.FromHttp(address, address.Host == PriceServer.HostName ? prices.Serve : null);
                else
                    agent.FromFile(Path.GetFullPath(source));
                (agent.Interval, agent.StartupTimeout) = (Interval, StartupTimeout);
                agent.Validate<IntakeOptions>(
                    "Intake", intake => intake.OrdersPerSecond is >= 0 and <= 100_000, "OrdersPerSecond is from 0 to 100,000");
            });
            return true;
        }
        catch (Exception e) when (e is ConfigurationAgentException or OptionsValidationException)
        {
            Console.Error.WriteLine(e.Message);
            exitCode = e is ConfigurationAgentException ? ExitCode.Failure : ExitCode.Misuse;
            return false;
        }
    }

    // The shipper's HttpClient is an ambassador: a store that is away for a moment costs no line.
    private static void AddLogStore(this HostApplicationBuilder builder, PriceServer prices)
    {
        IHttpClientBuilder store = builder.Services.AddAmbassadorClient<LogShipper>(StoreName);
        if (builder.Configuration[$"Ambassadors:{StoreName}:BaseAddress"] is not null)
            return;

        store.AddAmbassador(prices.Serve);
        builder.Services.AddSingleton(prices.Logs);
    }
}
