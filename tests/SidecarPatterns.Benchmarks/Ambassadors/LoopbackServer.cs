using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>Kestrel in a process of its own, which ends with its standard input.</summary>
internal sealed class LoopbackServer : IDisposable
{
    /// <summary>What this program is started with to be the server.</summary>
    public const string Verb = "--loopback-server";

    private const int BodyLength = 1024;

    private readonly Process _process;

    private LoopbackServer(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static LoopbackServer Start()
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. OwnProgram.Arguments(), Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        return new(process, new Uri(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start.")));
    }

    public static async Task<int> RunAsync()
    {
        var answers = new FaultyAnswers(Body());
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication application = builder.Build();
        application.Run(answers.AnswerAsync);
        await application.StartAsync();
        Console.WriteLine(application.Urls.First());
        await Console.In.ReadToEndAsync();
        return 0;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static byte[] Body()
    {
        const string Item = """{"id":1234,"name":"A thing of some length","price":12.50},""";
        return Encoding.UTF8.GetBytes($"[{string.Concat(Enumerable.Repeat(Item, BodyLength / Item.Length)).TrimEnd(',')}]");
    }
}
