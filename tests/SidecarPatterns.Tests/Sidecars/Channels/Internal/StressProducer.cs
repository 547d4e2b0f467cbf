using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>Publishes numbered items by a random mix of a queue's verbs, and keeps its own account of what it was told.</summary>
internal sealed class StressProducer(int id, MessageQueue<Item> queue, bool reserves, Random random)
{
    /// <summary>The numbers it was told were accepted, in order.</summary>
    public List<int> Accepted { get; } = [];

    /// <summary>How often a waiting offer was told that the queue is closed.</summary>
    public int ToldClosed { get; private set; }

    /// <summary>How often it cancelled an offer in time.</summary>
    public int Cancelled { get; private set; }

    public int Voided { get; private set; }

    public async Task RunAsync(int count)
    {
        for (var number = 0; number < count; number++)
        {
            var answer = await PublishAsync(new Item(id, number));
            if (answer == OfferResult.Accepted)
            {
                Accepted.Add(number);
            }
            else if (answer == OfferResult.Closed)
            {
                Assert.That(queue.TryOffer(new Item(id, count)), Is.EqualTo(OfferResult.Closed), StressSeed.Hint);
                return;
            }

            Pause();
        }
    }

    private async ValueTask<OfferResult> PublishAsync(Item item)
    {
        switch (random.Next(reserves ? 10 : 8))
        {
            case < 2:
                return queue.TryOffer(item);
            case < 4:
                return await AnswerAsync(queue.OfferAsync(item));
            case < 6:
                return await AskAndOfferAsync(item);
            case < 8:
                return await OfferAndCancelAsync(item);
            default:
                return Reserve(item);
        }
    }

    private async ValueTask<OfferResult> AnswerAsync(ValueTask offer)
    {
        try
        {
            await offer;
            return OfferResult.Accepted;
        }
        catch (ChannelClosedException)
        {
            ToldClosed++;
            return OfferResult.Closed;
        }
    }

    private async ValueTask<OfferResult> AskAndOfferAsync(Item item)
    {
        while (await queue.WaitToOfferAsync(CancellationToken.None))
        {
            var answer = queue.TryOffer(item);
            if (answer != OfferResult.Full)
            {
                return answer;
            }
        }

        return OfferResult.Closed;
    }

    private async ValueTask<OfferResult> OfferAndCancelAsync(Item item)
    {
        using var cancellation = new CancellationTokenSource();
        var offer = AnswerAsync(queue.OfferAsync(item, cancellation.Token));
        if (offer.IsCompleted)
        {
            return await offer;
        }

        // From another thread, from this one, or too late as a rule.
        var cancelling = Task.CompletedTask;
        switch (random.Next(3))
        {
            case 0:
                cancelling = Task.Run(cancellation.Cancel);
                break;
            case 1:
                await cancellation.CancelAsync();
                break;
            default:
                cancellation.CancelAfter(1);
                break;
        }

        try
        {
            return await offer;
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken == cancellation.Token)
        {
            Cancelled++;
            return OfferResult.Full;
        }
        finally
        {
            await cancelling;
        }
    }

    private OfferResult Reserve(Item item)
    {
        var answer = queue.TryReserve(out var reservation);
        if (answer != OfferResult.Accepted)
        {
            return answer;
        }

        Pause();
        if (random.Next(3) > 0)
        {
            reservation.Fill(item, default);
            return OfferResult.Accepted;
        }

        reservation.Void();
        Voided++;
        return OfferResult.Full;
    }

    private void Pause()
    {
        switch (random.Next(20))
        {
            case 0:
                Thread.Yield();
                break;
            case 1:
                Thread.SpinWait(random.Next(200));
                break;
        }
    }
}
