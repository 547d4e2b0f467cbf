using BenchmarkDotNet.Attributes;

namespace SidecarPatterns.Benchmarks;

/// <summary>The base of the BenchmarkDotNet classes: both sides of a <see cref="Row"/>, the peer being the baseline.</summary>
[MemoryDiagnoser]
public abstract class RowBenchmarks
{
    /// <summary>How many messages one invocation handles; the results are per message.</summary>
    private const int Messages = 100_000;

    private IContender? _ours;
    private IContender? _peer;

    /// <summary>Prepares both sides.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        Row row = CreateRow();
        _ours = row.Ours();
        _peer = row.Peer();
    }

    /// <summary>Ends both sides.</summary>
    [GlobalCleanup]
    public void CleanUp()
    {
        _ours?.Dispose();
        _peer?.Dispose();
    }

    /// <summary>The peer.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    public Task Peer() => _peer!.RunAsync(Messages);

    /// <summary>Our side.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public Task Ours() => _ours!.RunAsync(Messages);

    private protected abstract Row CreateRow();
}
