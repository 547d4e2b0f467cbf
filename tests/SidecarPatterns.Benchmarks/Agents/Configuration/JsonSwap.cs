using Microsoft.Extensions.Configuration;

namespace SidecarPatterns.Benchmarks;

/// <summary>The peer: <c>AddJsonFile</c>, reloaded by hand, so that its wait of 250 ms is in no figure.</summary>
internal sealed class JsonSwap : ConfigurationSwap
{
    private readonly ConfigurationManager _configuration = new();

    public JsonSwap(int keys, int differing)
        : base(keys, differing) =>
        _configuration.AddJsonFile(Path, optional: false, reloadOnChange: false);

    public override IConfigurationRoot Configuration => _configuration;

    protected override Task ReloadAsync()
    {
        ((IConfigurationRoot)_configuration).Reload();
        return Task.CompletedTask;
    }

    public override void Dispose()
    {
        _configuration.Dispose();
        base.Dispose();
    }
}
