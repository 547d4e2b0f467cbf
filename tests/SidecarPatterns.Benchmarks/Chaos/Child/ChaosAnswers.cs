using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Benchmarks;

/// <summary>Answers questions, late at times and not at all at others.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosAnswers(ChaosPlan plan) : ISidecar<int, int>
{
    public const string Name = "answers";

    public async ValueTask<int> HandleAsync(int request, SidecarContext context, CancellationToken ct)
    {
        int fate = ChaosFate.Of(plan.Seed, Name, request, context.Attempt);
        if (fate < 30)
            await Task.Delay(fate % 10, ct);

        return fate % 10 == 3 ? throw new IOException("chaos") : AnswerTo(request);
    }

    /// <summary>What the answer to a question is.</summary>
    public static int AnswerTo(int question) => -question;
}
