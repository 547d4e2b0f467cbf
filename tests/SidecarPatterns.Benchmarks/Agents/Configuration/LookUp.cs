using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Looks up a key after the other.</summary>
internal sealed class LookUp : IContender
{
    private readonly ConfigurationSwap _swap;
    private readonly string[] _keys;

    public LookUp(ConfigurationSwap swap)
    {
        _swap = swap;
        _keys = [.. Enumerable.Range(0, swap.Keys).Select(static i => string.Create(CultureInfo.InvariantCulture, $"section{i / 10}:setting{i % 10}"))];
    }

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            if (_swap.Configuration[_keys[i % _keys.Length]] is null)
                throw new InvalidOperationException("Every key is there.");
        }

        return Task.CompletedTask;
    }

    public void Dispose() => _swap.Dispose();
}
