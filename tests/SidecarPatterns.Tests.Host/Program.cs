using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SidecarPatterns;
using SidecarPatterns.Tests.Host;

// Tells what happens on standard output, a line each. It has no exit code of its own: what the library set is what the parent sees.
if (args is not [var name, ..] || !Scenarios.All.TryGetValue(name, out var scenario))
{
    Console.Error.WriteLine($"One of these is needed: {string.Join(", ", Scenarios.All.Keys)}");
    Environment.ExitCode = 2;
    return;
}

var builder = Host.CreateApplicationBuilder([]);
builder.Services.AddConsoleLines();
var report = scenario(builder.Services);
var host = builder.Build();
var control = host.Services.GetRequiredService<ISidecarControl>();
try
{
    await host.RunAsync();
}
catch (Exception exception) when (name != Scenarios.Uncaught)
{
    Lines.Write($"caught {exception.GetType().FullName}: {exception.Message}");
    Lines.Write($"the very cause: {ReferenceEquals(exception, Cause.Instance)}");
}

report(control);
