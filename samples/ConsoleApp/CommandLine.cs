using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using ConsoleApp.Agents;
using ConsoleApp.PriceService;

namespace ConsoleApp;

/// <summary>What was asked for on the command line.</summary>
/// <param name="File">The file to read; <c>-</c> for standard input; <see langword="null"/> if none was named.</param>
/// <param name="Generate">How many sample orders to write instead of processing any.</param>
/// <param name="Replay">Whether to send the notifier's dead letters once more at the end.</param>
/// <param name="Watch">Whether to show how the sidecars stand while they work.</param>
/// <param name="Chaos">How many of a hundred requests the program's own price service and its token endpoint do not answer as they should.</param>
/// <param name="Agents">Which of the stock sidecars there are to be.</param>
/// <param name="Settings">What overrides the configuration.</param>
internal sealed record CommandLine(
    string? File, int? Generate, bool Replay, bool Watch, int Chaos, AgentChoice Agents, IReadOnlyDictionary<string, string?> Settings)
{
    public const string StandardInput = "-";

    private static readonly Argument<string?> FileArgument = new("file")
    {
        Description = "A file of orders; '-' for standard input. "
            + "Without it: what is piped in, else the orders that come with the program.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> AuditOption = new("--audit")
    {
        Description = "The file to append priced orders to. By default a new one in the folder for temporary files.",
        HelpName = "FILE",
    };

    private static readonly Option<int?> LatencyOption = new("--latency")
    {
        Description = "How many milliseconds each notification takes; 5 makes the work slow enough to watch.",
        HelpName = "MS",
    };

    private static readonly Option<int> ChaosOption = new("--chaos")
    {
        Description = "How many of a hundred requests the program's own price service and its token endpoint answer slowly, with 503, "
            + "with half an answer or not at all. By default none.",
        HelpName = "0..100",
    };

    private static readonly Option<string?> UrlOption = new("--url")
    {
        Description = "Asks another price service: GET URL/prices?sku=A&sku=B answers {\"A\":7.80,\"B\":6.40}, in euros.",
        HelpName = "URL",
    };

    private static readonly Option<string?> LogsOption = new("--logs")
    {
        Description = "The folder to which the log agent writes what is logged, as lines of JSON.",
        HelpName = "FOLDER",
    };

    private static readonly Option<bool> ShipLogsOption = new("--ship-logs")
    {
        Description = "Sends what is logged to a log store too: the program's own price service is one.",
    };

    private static readonly Option<string?> MetricsOption = new("--metrics")
    {
        Description = "The file to which the metrics agent writes what is measured, as text for Prometheus.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> ConfigOption = new("--config")
    {
        Description = "Settings that the configuration agent keeps fresh: a file, or an address. "
            + $"http://{PriceServer.HostName}/{PriceServer.SettingsFile} is what the program's own price service has.",
        HelpName = "URL or FILE",
    };

    private static readonly Option<string[]> SetOption = new("--set")
    {
        Description = "Overrides a setting of appsettings.json, as in --set Sidecars:audit:Capacity=16. May be repeated.",
        HelpName = "KEY=VALUE",
    };

    private static readonly Option<bool> ReplayOption = new("--replay")
    {
        Description = "At the end, repairs the mail server and sends once more what it has refused.",
    };

    private static readonly Option<bool> WatchOption = new("--watch")
    {
        Description = "Shows how the sidecars stand while they work: a live table on a terminal, else a line for each every second.",
    };

    private static readonly Option<int?> GenerateOption = new("--generate")
    {
        Description = "Writes this many sample orders to standard output, some of them malformed, and ends.",
        HelpName = "COUNT",
    };

    private static readonly RootCommand Root = Describe();

    /// <summary>Reads the arguments; answers by itself what needs no run: help, and misuse.</summary>
    public static bool TryParse(string[] args, [NotNullWhen(true)] out CommandLine? command, out int exitCode)
    {
        command = null;
        ParseResult result = Root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (ParseError error in result.Errors)
                Console.Error.WriteLine(error.Message);
            Console.Error.WriteLine("--help tells what is understood.");
            exitCode = ExitCode.Misuse;
            return false;
        }

        exitCode = ExitCode.Success;
        if (result.Action is not null)
        {
            exitCode = result.Invoke();
            return false;
        }

        command = new CommandLine(
            result.GetValue(FileArgument),
            result.GetValue(GenerateOption),
            result.GetValue(ReplayOption),
            result.GetValue(WatchOption),
            result.GetValue(ChaosOption),
            new AgentChoice(result.GetValue(LogsOption), result.GetValue(ShipLogsOption), result.GetValue(MetricsOption), result.GetValue(ConfigOption)),
            SettingsOf(result));
        return true;
    }

    /// <summary>Reads an address, without a query and the like.</summary>
    /// <returns><see langword="null"/> if it is none.</returns>
    public static Uri? AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && (url.UserInfo + url.Query + url.Fragment).Length == 0
            ? url
            : null;

    private static RootCommand Describe()
    {
        FileArgument.Validators.Add(result => Demand(result, IsReadable, "There is no file and no option '{0}'."));
        LatencyOption.Validators.Add(result => Demand(result, IsCount, "--latency takes a number of milliseconds, not '{0}'."));
        GenerateOption.Validators.Add(result => Demand(result, IsCount, "--generate takes a number of orders, not '{0}'."));
        ChaosOption.Validators.Add(result => Demand(result, IsPercentage, "--chaos takes a number from 0 to 100, not '{0}'."));
        UrlOption.Validators.Add(result => Demand(result, IsAddress, "--url takes an http or https address without a query, not '{0}'."));
        ConfigOption.Validators.Add(result => Demand(
            result, text => IsAddress(text) || System.IO.File.Exists(text), "--config takes a file, or an http or https address without a query, not '{0}'."));
        SetOption.Validators.Add(result => Demand(result, IsSetting, "--set takes KEY=VALUE, not '{0}'."));
        var root = new RootCommand(
            """
            Checks orders, asks a price service through an ambassador, and feeds three sidecars: an audit log, a meter and a notifier.
            An order is a line such as
            {"id":"A-1","customer":"Ada","email":"ada@example.com","currency":"EUR","items":[{"sku":"TEA-GRN-100","quantity":2}]}
            """)
        {
            FileArgument, AuditOption, LatencyOption, ChaosOption, UrlOption, LogsOption, ShipLogsOption, MetricsOption, ConfigOption, SetOption, ReplayOption,
            WatchOption, GenerateOption,
        };
        root.Validators.Add(ForbidChaosElsewhere);
        return root;
    }

    private static void Demand(SymbolResult result, Predicate<string> isAllowed, string problem)
    {
        foreach (Token token in result.Tokens.Where(token => !isAllowed(token.Value)))
            result.AddError(string.Format(null, problem, token.Value));
    }

    private static void ForbidChaosElsewhere(CommandResult result)
    {
        if (result.GetResult(ChaosOption) is not null && result.GetResult(UrlOption) is not null)
            result.AddError("--chaos is about the program's own price service, which --url does without.");
    }

    private static bool IsReadable(string file) => file == StandardInput || System.IO.File.Exists(file);

    private static bool IsCount(string text) => int.TryParse(text, out int count) && count >= 0;

    private static bool IsPercentage(string text) => int.TryParse(text, out int percent) && percent is >= 0 and <= 100;

    private static bool IsAddress(string text) => AddressOf(text) is not null;

    private static bool IsSetting(string text) => text.IndexOf('=', StringComparison.Ordinal) > 0;

    private static Dictionary<string, string?> SettingsOf(ParseResult result)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (string[] setting in (result.GetValue(SetOption) ?? []).Select(text => text.Split('=', 2)))
            settings[setting[0]] = setting[1];
        if (result.GetValue(AuditOption) is { } audit)
            settings["Audit:File"] = audit;
        if (result.GetValue(LatencyOption) is { } latency)
            settings["Mail:Latency"] = TimeSpan.FromMilliseconds(latency).ToString();
        if (result.GetValue(UrlOption) is { } url)
            settings[PriceServer.AddressKey] = url.TrimEnd('/') + '/'; // what stands behind the last slash would be left out
        return settings;
    }
}
