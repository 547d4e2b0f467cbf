using Microsoft.Extensions.Options;

namespace ConsoleApp.Sidecars;

/// <summary>A message to a customer.</summary>
internal sealed record Mail(string Address, string Subject, string Text);

/// <summary>The settings of the mail server: <c>Mail</c> in the configuration.</summary>
internal sealed class MailOptions
{
    /// <summary>How long the server takes for a message.</summary>
    /// <value>No time at all by default.</value>
    public TimeSpan Latency { get; set; }
}

/// <summary>Stands for a mail server: it sends nothing, takes its time if told to, and refuses about one message in a hundred.</summary>
internal sealed class MailServer(IOptions<MailOptions> options, TimeProvider clock)
{
    private volatile bool _isRepaired;

    /// <summary>From here on nothing is refused.</summary>
    public void Repair() => _isRepaired = true;

    public async ValueTask SendAsync(Mail mail, CancellationToken ct)
    {
        if (options.Value.Latency > TimeSpan.Zero)
            await Task.Delay(options.Value.Latency, clock, ct);
        if (!_isRepaired && IsRefused(mail))
            throw new IOException($"The mail server refused the message to {mail.Address}.");
    }

    // By the subject, which names the order: every run refuses the same ones.
    private static bool IsRefused(Mail mail) => mail.Subject.Aggregate(0u, (hash, c) => (hash * 31) + c) % 100 == 0;
}
