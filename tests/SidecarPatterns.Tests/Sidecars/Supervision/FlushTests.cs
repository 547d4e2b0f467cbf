using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Flushes of a queue that makes room.</summary>
[TestFixture]
[CancelAfter(120_000)]
internal sealed class FlushTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Flush_AllThatItWaitsForIsEvicted_IsOver()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = await StartAsync(account, held);
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();
        account.TryWrite(host.Writer<int>(), 1);
        var flush = host.Control.FlushAsync(Name);
        host.Control.Pause(Name);
        held.Release();
        await account.BalancesAsync(host.Control, Name, queued: 1);
        Assert.That(flush.IsCompleted, Is.False);

        account.TryWrite(host.Writer<int>(), 2);
        account.TryWrite(host.Writer<int>(), 3);

        await flush.InTime();
        account.AssertBalances(host.Control, Name, queued: 2);
    }

    [Test]
    public async Task Flush_WhatFollowsIsEvicted_WaitsForTheMessageInFlight()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = await StartAsync(account, held);
        account.TryWrite(host.Writer<int>(), 0);
        await held.ReachedAsync();

        var flush = host.Control.FlushAsync(Name);
        for (var message = 1; message <= 5; message++)
        {
            account.TryWrite(host.Writer<int>(), message); // The last places are beyond the flush, though nothing was taken.
        }

        var second = host.Control.FlushAsync(Name); // Looks at both.
        Assert.That(flush.IsCompleted || second.IsCompleted, Is.False);

        held.Release();
        await flush.InTime();
        await second.InTime();
        await account.BalancesAsync(host.Control, Name);
    }

    private static async Task<TestHost> StartAsync(Account account, SyncPoint held)
    {
        var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(async (_, _, ct) => await held.PassAsync(ct)), static options =>
            {
                options.Capacity = 2;
                options.FullMode = BoundedChannelFullMode.DropOldest;
            })
            .OnDropped(account.CountDropped));
        await host.StartAsync();
        return host;
    }
}
