using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Asks several questions at a time, and leaves before some of them are answered.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosAsker(SidecarClient<int, int> client, ChaosPlan plan, ExchangeTally tally) : BackgroundService
{
    private const int AtATime = 4;
    private const int MaxPause = 10;

    private int _questions;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Enumerable.Range(0, AtATime).Select(asker => AskAsync(asker, stoppingToken)));

    private async Task AskAsync(int asker, CancellationToken stoppingToken)
    {
        var random = new Random((plan.Seed * AtATime) + asker);
        while (!stoppingToken.IsCancellationRequested)
        {
            int question = Interlocked.Increment(ref _questions);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            if (random.Next(10) == 0)
                patience.CancelAfter(random.Next(MaxPause));

            tally.CountQuestion();
            try
            {
                tally.CountAnswer(isRight: await client.AskAsync(question, patience.Token) == ChaosAnswers.AnswerTo(question));
            }
            catch (Exception exception) when (exception is IOException or TimeoutException or SidecarStoppedException or OperationCanceledException)
            {
                tally.CountUnanswered(); // As the documentation has it; anything else ends the program.
            }

            await Task.Delay(random.Next(MaxPause), stoppingToken);
        }
    }
}
