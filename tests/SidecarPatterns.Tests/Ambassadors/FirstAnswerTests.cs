using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>A call whose first attempt has to be waited for, and ends on a thread that knows nothing of the call.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class FirstAnswerTests
{
    private readonly AsyncLocal<string?> _ambient = new();

    [Test]
    public async Task Answer_EndsOnAForeignThread_NextAttemptRunsInTheFlowOfTheCaller()
    {
        await using var calling = new Calling();
        var first = new TaskCompletionSource<HttpResponseMessage>();
        string? seen = null;
        calling.Server.Then((_, _) => first.Task).Then(() =>
        {
            seen = _ambient.Value;
            return ScriptedHandler.Response(200);
        });

        var call = CallFromAsync(calling, "the caller's");
        EndElsewhere(() => first.SetResult(ScriptedHandler.Response(503)));
        using var response = await calling.PassAsync(call);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(seen, Is.EqualTo("the caller's"));
        Assert.That(_ambient.Value, Is.Null, "nothing has come back");
    }

    [Test]
    public async Task Answer_GoodOnAForeignThread_MeasurementIsTakenInTheFlowOfTheCaller()
    {
        const string Name = "measured-in-its-flow";
        var first = new TaskCompletionSource<HttpResponseMessage>();
        using var server = new ScriptedHandler().Then((_, _) => first.Task);
        await using var host = TestHost.Build(services => services.AddAmbassadorClient(Name).ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();
        List<string?> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "ambassador.request.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var (key, value) in tags)
            {
                if (key == "ambassador.name" && value is Name)
                {
                    seen.Add(_ambient.Value);
                }
            }
        });
        listener.Start();

        var call = CallFromAsync(host, Name, "the caller's");
        EndElsewhere(() => first.SetResult(ScriptedHandler.Response(200)));
        using var response = await call.InTime();

        Assert.That(seen, Is.EqualTo(["the caller's"]), "an exemplar has the caller's trace");
    }

    [Test]
    public async Task Answer_WhoIsAnsweredCallsAgainAtOnce_EachHasItsOwnAnswer()
    {
        const int Calls = 500;
        await using var calling = new Calling();
        var asked = Channel.CreateUnbounded<TaskCompletionSource<HttpResponseMessage>>();
        calling.Server.Then((_, _) =>
        {
            var ending = new TaskCompletionSource<HttpResponseMessage>();
            asked.Writer.TryWrite(ending);
            return ending.Task;
        });
        List<string> bodies = [];

        var all = CallInARowAsync();
        for (var i = 0; i < Calls; i++)
        {
            var ending = await asked.Reader.ReadAsync().AsTask().InTime();
            ending.SetResult(ScriptedHandler.Response(200, i.ToString(CultureInfo.InvariantCulture))); // The next call begins inside.
        }

        await all.InTime();

        Assert.That(bodies, Is.EqualTo(Enumerable.Range(0, Calls).Select(static i => i.ToString(CultureInfo.InvariantCulture))));
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(Calls));

        async Task CallInARowAsync()
        {
            for (var i = 0; i < Calls; i++)
            {
                using var response = await calling.GetAsync();
                bodies.Add(await response.Content.ReadAsStringAsync());
            }
        }
    }

    [Test]
    public async Task Answer_ManyAtATimeEndInAnyOrder_EachHasItsOwnAnswer()
    {
        const int Calls = 2_000;
        await using var calling = new Calling();
        var sent = new TaskCompletionSource<HttpResponseMessage>[Calls];
        calling.Server.Then((request, _) =>
        {
            var ending = new TaskCompletionSource<HttpResponseMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref sent[NumberOf(request)], ending);
            return ending.Task;
        });

        var calls = Enumerable.Range(0, Calls).Select(AskAsync).ToArray();
        int[] order = [.. Enumerable.Range(0, Calls)];
        new Random(7).Shuffle(order);
        Parallel.ForEach(order, number => sent[number].SetResult(ScriptedHandler.Response(200, number.ToString(CultureInfo.InvariantCulture))));

        Assert.That(await Task.WhenAll(calls).InTime(), Is.EqualTo(Enumerable.Range(0, Calls).Select(static i => i.ToString(CultureInfo.InvariantCulture))));

        async Task<string> AskAsync(int number)
        {
            using var response = await calling.Client.GetAsync(new Uri($"items?number={number}", UriKind.Relative));
            return await response.Content.ReadAsStringAsync();
        }
    }

    [Test]
    public async Task Answer_AttemptFailsLate_IsTheFailureWithItsPlace()
    {
        await using var calling = new Calling(static options => options.Retry.MaxAttempts = 1);
        var first = new TaskCompletionSource<HttpResponseMessage>();
        calling.Server.Then((_, _) => first.Task);

        var call = calling.GetAsync();
        first.SetException(new HttpRequestException("it broke", null, HttpStatusCode.BadGateway));

        var failure = await call.FailureAsync();
        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Message.EqualTo("it broke"));
        Assert.That(failure!.StackTrace, Does.Contain(nameof(ScriptedHandler)), "where it was thrown is not lost");
    }

    [Test]
    public async Task Answer_CallerLeavesLate_IsACancellationWithTheToken()
    {
        await using var calling = new Calling();
        calling.Server.Hangs();
        using var leaving = new CancellationTokenSource();

        var call = calling.GetAsync(leaving.Token);
        await leaving.CancelAsync();

        var failure = await call.FailureAsync();
        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(leaving.Token));
        Assert.That(call.IsCanceled);
    }

    private static int NumberOf(HttpRequestMessage request) => int.Parse(request.RequestUri!.Query["?number=".Length..], CultureInfo.InvariantCulture);

    private static void EndElsewhere(Action end) => ThreadPool.UnsafeQueueUserWorkItem(static end => end(), end, preferLocal: false);

    private async Task<HttpResponseMessage> CallFromAsync(Calling calling, string ambient)
    {
        _ambient.Value = ambient;
        return await calling.GetAsync();
    }

    private async Task<HttpResponseMessage> CallFromAsync(TestHost host, string client, string ambient)
    {
        _ambient.Value = ambient;
        return await host.CreateClient(client).GetAsync(new Uri("http://server.test/"));
    }
}
