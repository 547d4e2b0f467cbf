using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Documentation;

/// <content>The C# on coming from other ways of doing the same, before and after.</content>
internal static partial class ReadmeSnippets
{
    public static void FromBackgroundService(HostApplicationBuilder builder)
    {
        // Before.
        builder.Services.AddHostedService<LegacyWorker>();

        // After: the class stays as it is.
        builder.Services.AddHostedSidecar<LegacyWorker>();
    }

    public static void FromChannel(HostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(Channel.CreateBounded<AuditEvent>(1024)).AddHostedService<AuditLoop>();
    }

    public static void ToSidecar(HostApplicationBuilder builder)
    {
        builder.Services.AddSidecar<AuditFile, AuditEvent>();
    }

    public static void FromStandardHandler(HostApplicationBuilder builder)
    {
        // Before.
        builder.Services.AddHttpClient<PaymentsClient>(http => http.BaseAddress = new Uri("https://payments.example"))
            .AddStandardResilienceHandler(options => options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(60));

        // After.
        builder.Services.AddAmbassadorClient<PaymentsClient>(options =>
        {
            options.BaseAddress = new Uri("https://payments.example");
            options.Timeout = TimeSpan.FromSeconds(60);
        });
    }

    internal sealed class AuditLoop(Channel<AuditEvent> audit) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await foreach (var message in audit.Reader.ReadAllAsync(stoppingToken))
            {
                await File.AppendAllTextAsync("audit.log", message.What + "\n", stoppingToken);
            }
        }
    }

    internal sealed class AuditFile : ISidecar<AuditEvent>
    {
        public async ValueTask HandleAsync(AuditEvent message, SidecarContext context, CancellationToken ct) =>
            await File.AppendAllTextAsync("audit.log", message.What + "\n", ct);
    }
}
