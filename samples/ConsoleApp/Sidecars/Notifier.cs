using ConsoleApp.Pricing;
using SidecarPatterns;

namespace ConsoleApp.Sidecars;

/// <summary>
/// Confirms every order to its customer. What the mail server refuses is tried again, as the settings say, then becomes a dead letter,
/// and the next order is served.
/// </summary>
internal sealed class Notifier(MailServer server) : ISidecar<PricedOrder>
{
    public async ValueTask HandleAsync(PricedOrder message, SidecarContext context, CancellationToken ct)
    {
        string text = $"Thank you, {message.Customer}! Your order comes to {message.Total} {message.Currency}.";
        await server.SendAsync(new Mail(message.Email, $"Order {message.Id}", text), ct);
    }
}
