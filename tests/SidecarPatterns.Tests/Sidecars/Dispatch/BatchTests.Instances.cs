namespace SidecarPatterns.Tests;

/// <summary>Who handles batches, and from when on it is ready.</summary>
internal sealed partial class BatchTests
{
    [Test]
    public async Task Instance_ManyBatches_OneServesAllOfThem()
    {
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 30);
        await _account.BalancesAsync(host.Control, Name);

        Assert.That(_script.Created, Is.EqualTo(1));
    }

    [Test]
    public async Task Start_IsReadyOnceItRunsUnlessItIsToSaySo([Values] bool signals)
    {
        _script.Handle = (batch, context, _) =>
        {
            context.SignalReady();
            return Handled(batch);
        };
        await using var host = Build(options => (options.WaitForSignal, options.Critical) = (signals, false));
        await host.StartAsync();
        if (signals)
        {
            await host.StateAsync(Name, SidecarState.Starting);
            await PublishAsync(host, 0, 10);
            await _account.BalancesAsync(host.Control, Name);
        }

        await host.StateAsync(Name, SidecarState.Ready);
    }
}
