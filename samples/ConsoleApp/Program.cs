using ConsoleApp;
using ConsoleApp.Agents;
using ConsoleApp.Orders;
using ConsoleApp.PriceService;
using ConsoleApp.Pricing;
using ConsoleApp.Reporting;
using ConsoleApp.Sidecars;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

if (!CommandLine.TryParse(args, out CommandLine? command, out int exitCode))
    return exitCode;
if (command.Generate is { } count)
    return SampleOrders.Write(count, Console.Out);

// Who is asked for prices, unless the settings name another service: started before the application, and stopped after it.
await using var priceServer = new PriceServer(command.Chaos, TimeProvider.System);
await priceServer.StartAsync();

// The settings: appsettings.json beside the program, which may be edited while it runs, then the environment, then, if they are asked for, those that the
// configuration agent keeps fresh, then the command line.
HostApplicationBuilder builder = Host.CreateApplicationBuilder(
    new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
if (!builder.TryAddSettings(command.Agents, priceServer, out exitCode))
    return exitCode;
builder.Configuration.AddInMemoryCollection(command.Settings);
var terminal = new Terminal();
builder.Configuration.TellWhenUnreadable(terminal);
builder.Services.AddOptions<IntakeOptions>().BindConfiguration("Intake");
builder.Services.AddOptions<AuditOptions>().BindConfiguration("Audit").ValidateOnStart();
builder.Services.AddOptions<MailOptions>().BindConfiguration("Mail").ValidateOnStart();

// The application: it reads orders, prices them, and writes them to a ChannelWriter<PricedOrder>.
builder.Services.AddSingleton(command);
builder.Services.AddSingleton<OrderInput>();
builder.Services.AddSingleton<OrderPace>();
builder.Services.AddSingleton<OrderTally>();
builder.Services.AddSingleton<OrderPricer>();
builder.Services.AddHostedService<OrderIntake>();

// What the host and the sidecars log goes to the terminal. If they are asked for, two more of the stock sidecars write to files: what is logged, also by the
// application, and what is measured.
builder.Logging.ClearProviders().Services.AddSingleton<ILoggerProvider, TerminalLog>();
builder.AddLogs(command.Agents, priceServer);
builder.AddMetrics(command.Agents);

// If it is asked for, a sidecar that shows the others: the first to start, and the last to end.
if (command.Watch)
    builder.Services.AddSidecar<SidecarWatch>("watch", options => options.Critical = false);

// Beside it, three sidecars: ready before the first order is read, done after the last one is handled.
// Each gets every priced order, through a queue of its own.
builder.Services.AddSidecar<AuditLog, PricedOrder>("audit");
builder.Services.AddBatchSidecar<TotalsMeter, PricedOrder>("totals");
builder.Services.AddSidecar<Notifier, PricedOrder>("notifier");
if (command.Replay)
    builder.Services.AddHostedService<Replay>();

// Its ambassador to the price service: the PriceClient has an HttpClient that tries again, in time, and leaves alone a service that fails.
IHttpClientBuilder prices = builder.Services.AddAmbassadorClient<PriceClient>("prices");
if (builder.Configuration[PriceServer.AddressKey] is null)
{
    // The program's own: each request goes to the best of its servers, with a token that is renewed in time.
    prices
        .AddAmbassador(priceServer.Serve)
        .AddProbe(PriceServer.HealthPath)
        .AddClientCredentials(options =>
        {
            options.TokenEndpoint = priceServer.TokenEndpoint;
            options.ClientId = TokenIssuer.ClientId;
            options.ClientSecret = priceServer.Tokens.ClientSecret;
        });
}

// What these share, and what is said at the end.
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<MailServer>();
builder.Services.AddSingleton<ProductTotals>();
builder.Services.AddSingleton(terminal);
builder.Services.AddSingleton<FinalReport>();
builder.Services.AddSingleton<AgentReport>();

using IHost host = builder.Build();
return await Application.RunAsync(host);
