using Microsoft.Extensions.Configuration;

namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: <c>AddJsonFile</c>, reloaded by hand, so that its wait of 250 ms is in no figure.</summary>
internal sealed class JsonSwap : ConfigurationSwap
{
    public JsonSwap(int keys, int differing)
        : base(keys, differing)
    {
        Manager.AddJsonFile(Path, optional: false, reloadOnChange: false);
        AddOverrides();
    }

    protected override Task ReloadAsync()
    {
        Configuration.Reload();
        return Task.CompletedTask;
    }
}
