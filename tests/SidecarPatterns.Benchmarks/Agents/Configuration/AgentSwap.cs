using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Ours: the file is read, parsed, compared and put in force by the agent, without its waits.</summary>
internal sealed class AgentSwap : ConfigurationSwap
{
    private readonly FileDocuments _source;
    private readonly ConfigurationAgent _agent;

    public AgentSwap(int keys, int differing)
        : base(keys, differing)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        _source = new FileDocuments(Path, TimeProvider.System);
        var start = new AgentStart(AgentNames.Configuration, builder, TimeProvider.System);
        var provider = new AgentConfigurationProvider(AgentNames.Configuration, KeyTable.Empty);
        var settings = new AgentSettings(start, options =>
        {
            options.FromFile(Path);
            options.SettleTime = TimeSpan.Zero;
        });
        _agent = new ConfigurationAgent(start, settings, provider);
        ((IConfigurationBuilder)Manager).Add(provider);
        AddOverrides();
        ReloadAsync().GetAwaiter().GetResult();
    }

    protected override async Task ReloadAsync()
    {
        Look look = await _agent.LookAsync(_source, isFirst: false, mayHold: false, CancellationToken.None);
        if (look.End != LookEnd.Adopted)
            throw new InvalidOperationException($"There is another version each time: {look}");
    }
}
