using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Host;

/// <summary>A program that writes dead letters until it is stopped. Its file is named in <c>DEAD_LETTERS</c>, and its sidecar in <c>SIDECAR</c>.</summary>
internal static partial class Scenarios
{
    private const int ManyLetters = 500;

    private static Action<ISidecarControl> WriteDeadLetters(IServiceCollection services)
    {
        var name = Environment.GetEnvironmentVariable("SIDECAR")!;
        services.AddSingleton<Tally>();
        services.AddSidecar<int>(name, static (message, _, _) =>
        {
            if (message == ManyLetters)
            {
                Lines.Write("many letters");
            }

            throw new InvalidOperationException("refused");
        }).DeadLettersTo(Environment.GetEnvironmentVariable("DEAD_LETTERS")!, NumberContext.Default.Int32);
        services.AddHostedService<Publisher>();
        return control => Lines.Write($"letters {control.GetSnapshot(name).DeadLettered}");
    }
}

/// <summary>How a letter's message is written.</summary>
[JsonSerializable(typeof(int))]
internal sealed partial class NumberContext : JsonSerializerContext;
