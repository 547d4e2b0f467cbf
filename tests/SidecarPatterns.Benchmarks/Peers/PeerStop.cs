using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A run that is stopped in the middle, while one producer goes on: what each contender took, handled and lost, in which order, and how much waited. Only what
/// was taken without a complaint counts as taken.
/// </summary>
/// <param name="name">Who.</param>
internal sealed class PeerStop(string name)
{
    private const int Messages = 20_000;
    private const int StopAfter = 2_000;
    private const int Microseconds = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    private readonly TaskCompletionSource _isInTheMiddle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;
    private int _refused;
    private int _handled;
    private int _mostWaiting;
    private int _last = -1;
    private bool _isInOrder = true;

    public bool IsInOrder => _isInOrder;

    /// <summary>What was taken and not handled.</summary>
    public int Lost { get; private set; }

    /// <summary>Whether the producer has come to its end, be it told no; else it waits for ever.</summary>
    public bool HasProducerEnded { get; private set; }

    public TimeSpan StopTime { get; private set; }

    public static PeerStop[] Write(TextWriter output)
    {
        output.WriteLine($"| stopped after {StopAfter:N0} of {Messages:N0}        |  taken | refused | handled |   lost | most waiting | in order | stop ms |");
        output.WriteLine($"| {new string('-', 33)} | -----: | ------: | ------: | -----: | -----------: | -------: | ------: |");
        List<PeerStop> all = [];
        foreach ((string name, Func<PeerLoad, PeerContender> create) in PeerContenders.All)
        {
            var stop = new PeerStop(name);
            all.Add(stop);
            output.WriteLine(stop.Run(create));
        }

        output.WriteLine();
        return [.. all];
    }

    private string Run(Func<PeerLoad, PeerContender> create)
    {
        var load = new PeerLoad(name, Producers: 1, Microseconds, OnHandled: OnHandled);
        using PeerContender contender = create(load);
        _ = PeerTally.Expect(load, int.MaxValue);
        var producer = Task.Run(() => ProduceAsync(contender));
        _isInTheMiddle.Task.WaitAsync(Limit).GetAwaiter().GetResult();
        long start = Stopwatch.GetTimestamp();
        contender.StopAsync().WaitAsync(Limit).GetAwaiter().GetResult();
        StopTime = Stopwatch.GetElapsedTime(start);
        Thread.Sleep(Settle); // What somebody still handles in the background is handled.
        int handled = Volatile.Read(ref _handled);
        HasProducerEnded = HasEnded(producer);
        Lost = _taken - handled;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name,-33} | {_taken,6:N0} | {_refused,7:N0} | {handled,7:N0} | {Lost,6:N0} | {_mostWaiting,12:N0} | {(_isInOrder ? "yes" : "no"),8} | {StopTime.TotalMilliseconds,7:N0} |");
    }

    /// <summary>Lets the producer go on as long as it is told anything: one that waits for room for ever waits in vain.</summary>
    private bool HasEnded(Task producer)
    {
        for (int told = -1; !producer.IsCompleted && _taken + _refused > told;)
        {
            told = _taken + _refused;
            Task.WhenAny(producer, Task.Delay(Still)).GetAwaiter().GetResult();
        }

        return producer.IsCompleted;
    }

    private async Task ProduceAsync(PeerContender contender)
    {
        for (int i = 0; i < Messages; i++)
        {
            if (!await OfferAsync(contender, new PeerJob(i)))
            {
                _refused++;
                continue;
            }

            _taken++;
            _mostWaiting = Math.Max(_mostWaiting, _taken - Volatile.Read(ref _handled));
        }

        await contender.OnProducedAsync();
    }

    private static async Task<bool> OfferAsync(PeerContender contender, PeerJob job)
    {
        try
        {
            return await contender.OfferAsync(job);
        }
#pragma warning disable CA1031 // However it says that it does not take it.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    private void OnHandled(PeerJob job)
    {
        _isInOrder &= job.Number > _last;
        _last = job.Number;
        if (Interlocked.Increment(ref _handled) == StopAfter)
            _isInTheMiddle.SetResult();
    }
}
