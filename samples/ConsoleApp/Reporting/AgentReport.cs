using ConsoleApp.Agents;
using ConsoleApp.PriceService;
using Microsoft.Extensions.DependencyInjection;
using SidecarPatterns;
using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>What is said at the end of the stock sidecars, as far as they were asked for.</summary>
internal sealed class AgentReport(Terminal terminal, CommandLine command, ISidecarControl sidecars, IServiceProvider services)
{
    public void Write()
    {
        if (services.GetService<SidecarLog>() is { } log)
            Write(log);
        if (command.Agents.Metrics is { } metrics)
            terminal.Out.WriteLine($"Metrics: {metrics}");
        if (services.GetService<IConfigurationAgent>() is { } settings)
            terminal.Out.Write(Tables.Of(settings.GetSnapshot()));
    }

    private void Write(SidecarLog log)
    {
        if (log.CurrentFile is { } file)
            terminal.Out.WriteLine($"Log: {file}");
        long? shipped = command.Agents.ShipLogs ? sidecars.GetSnapshot(LogShipper.Name).Handled : null;
        terminal.Out.Write(Tables.OfLog(sidecars.GetSnapshot(AgentNames.Log).Handled, log.Lost, shipped, services.GetService<LogStore>()?.Lines));
    }
}
