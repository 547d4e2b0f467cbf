using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What a lane finds in a sidecar that replies: a handler of messages that blocks nobody, and costs no token for each.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestSidecarTests
{
    private ServiceProvider _services = null!;
    private SidecarContext _context = null!;
    private CancellationTokenSource _lane = null!;
    private List<CancellationToken> _tokens = null!;

    [SetUp]
    public void Create()
    {
        _services = new ServiceCollection().BuildServiceProvider();
        _context = new SidecarContext("clerk", _services);
        _lane = new CancellationTokenSource();
        _tokens = [];
    }

    [TearDown]
    public void Dispose()
    {
        _lane.Dispose();
        _services.Dispose();
    }

    [Test]
    public async Task Handle_HandlerIsNotDone_ReturnsToTheLaneAtOnce()
    {
        var held = new SyncPoint();
        var sidecar = Sidecar(async request =>
        {
            await held.PassAsync(CancellationToken.None);
            return $"{request}";
        });
        var message = Asked(1);

        ValueTask call = default;
        await Task.Run(() => call = sidecar.HandleAsync(message, _context, _lane.Token)).InTime();
        Assert.That(call.IsCompleted, Is.False);
        held.Release();

        await call.AsTask().InTime();
        message.Answer();
        Assert.That(await message.Task.InTime(), Is.EqualTo("1"));
    }

    [Test]
    public async Task Handle_OneAfterTheOther_TheSameTokenServesThemAll([Values] bool suspends, [Values] bool fails)
    {
        var sidecar = Sidecar(async request =>
        {
            if (suspends)
            {
                await Task.Yield();
            }

            return fails ? throw new IOException("no") : $"{request}";
        });

        for (var request = 1; request <= 3; request++)
        {
            Assert.That(await HandleAsync(sidecar, Asked(request)), fails ? Is.TypeOf<IOException>() : Is.Null);
        }

        Assert.That(_tokens, Has.Count.EqualTo(3).And.All.EqualTo(_tokens[0]));
    }

    [Test]
    public async Task Handle_BesideAnotherCallOfTheSameRequest_LeavesTheTokenToTheNext()
    {
        var sidecar = Sidecar(static request => new ValueTask<string>($"{request}"));
        await HandleAsync(sidecar, Asked(1));
        var message = Asked(2);
        message.TryBegin(new CallerToken(_lane.Token));

        await HandleAsync(sidecar, message);
        await HandleAsync(sidecar, Asked(3));

        Assert.That(_tokens[1], Is.Not.EqualTo(_tokens[0]));
        Assert.That(_tokens[2], Is.EqualTo(_tokens[0]));
    }

    [Test]
    public async Task Handle_CallersHaveLeft_TheLaneHoldsNoneOfTheirTokens()
    {
        var sidecar = Sidecar(static request => new ValueTask<string>($"{request}"));
        var left = new List<WeakReference>();
        for (var request = 1; request <= 3; request++)
        {
            left.Add(await LeaveAsync(request));
        }

        await HandleAsync(sidecar, Asked(0));
        _tokens.Clear();

        await Eventually.HoldsAsync(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return left.All(static token => !token.IsAlive);
        });
    }

    /// <summary>Handles a request whose caller leaves meanwhile.</summary>
    /// <returns>What lives as long as the call's token does.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LeaveAsync(int request)
    {
        var message = Asked(request);
        var sidecar = Sidecar(request =>
        {
            message.TimeOut(new TimeoutException());
            return new ValueTask<string>($"{request}");
        });
        await HandleAsync(sidecar, message);
        Assert.That(_tokens[^1].IsCancellationRequested, Is.True);
        return new WeakReference(_tokens[^1].WaitHandle);
    }

    private static Request<int, string> Asked(int request) => new(request, isAwaited: true);

    private Task<Exception?> HandleAsync(RequestSidecar<int, string> sidecar, Request<int, string> message) =>
        sidecar.HandleAsync(message, _context, _lane.Token).AsTask().FailureAsync();

    private RequestSidecar<int, string> Sidecar(Func<int, ValueTask<string>> handle) => new(new Clerk(handle, _tokens));

    private sealed class Clerk(Func<int, ValueTask<string>> handle, List<CancellationToken> tokens) : ISidecar<int, string>
    {
        public ValueTask<string> HandleAsync(int request, SidecarContext context, CancellationToken ct)
        {
            tokens.Add(ct);
            return handle(request);
        }
    }
}
