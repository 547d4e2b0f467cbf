using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A run in which four producers publish more than any bound, without waiting, while the handler is held at its first message; then it goes on. It shows who
/// has a bound, who tells that it is full, who loses what it took, and whether each producer's messages stay in their order.
/// </summary>
internal sealed class PeerFull : IDisposable
{
    private const int Producers = 4;
    private const int Each = 5_000;
    private const int Messages = Producers * Each;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Nothing more is handled if nothing was for so long.</summary>
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _gate = new();
    private readonly int[] _last = [.. Enumerable.Repeat(-1, Producers)];
    private int _taken;
    private int _handled;

    public int Taken => _taken;

    public bool HasBound => _taken < Messages;

    public bool IsInOrder { get; private set; } = true;

    /// <summary>What was taken and not handled.</summary>
    public int Lost => _taken - _handled;

    public static PeerFull[] Write(TextWriter output)
    {
        output.WriteLine($"| {Producers} producers offer {Messages:N0} at once   |  taken | refused | handled |   lost | in order |");
        output.WriteLine($"| {new string('-', 33)} | -----: | ------: | ------: | -----: | -------: |");
        List<PeerFull> all = [];
        foreach ((string name, Func<PeerLoad, PeerContender> create) in PeerContenders.All)
        {
            using var full = new PeerFull();
            full.Run(name, create);
            all.Add(full);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name,-33} | {full._taken,6:N0} | {Messages - full._taken,7:N0} | {full._handled,7:N0} | {full.Lost,6:N0} | {(full.IsInOrder ? "yes" : "no"),8} |"));
        }

        output.WriteLine();
        return [.. all];
    }

    public void Dispose() => _gate.Dispose();

    private void Run(string name, Func<PeerLoad, PeerContender> create)
    {
        var load = new PeerLoad(name, Producers, OnHandled: OnHandled);
        using PeerContender contender = create(load);
        _ = PeerTally.Expect(load, int.MaxValue);
        Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Run(() => ProduceAsync(contender, producer)))).WaitAsync(Limit).GetAwaiter().GetResult();
        _gate.Set();
        contender.OnProducedAsync().WaitAsync(Limit).GetAwaiter().GetResult();
        for (int before = -1; Volatile.Read(ref _handled) is int handled && handled < _taken && handled > before; before = handled)
            Thread.Sleep(Still);
    }

    private async Task ProduceAsync(PeerContender contender, int producer)
    {
        for (int i = 0; i < Each; i++)
        {
            if (await contender.TryOfferAsync(new PeerJob((producer * Each) + i)))
                Interlocked.Increment(ref _taken);
        }
    }

    private void OnHandled(PeerJob job)
    {
        _gate.Wait();
        (int producer, int number) = Math.DivRem(job.Number, Each);
        IsInOrder &= number > _last[producer];
        _last[producer] = number;
        Interlocked.Increment(ref _handled);
    }
}
