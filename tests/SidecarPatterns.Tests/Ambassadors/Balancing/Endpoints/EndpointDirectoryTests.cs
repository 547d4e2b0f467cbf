using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns.Tests;

/// <summary>Where endpoints come from, and what becomes of them when nobody answers.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class EndpointDirectoryTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TestClock _clock = new();
    private readonly ScriptedNames _names = new();
    private readonly LogRecorder _logs = new();

    public void Dispose() => _logs.Dispose();

    [Test]
    public void NoEndpoints_IsOneThatRequestsNameThemselves()
    {
        var directory = Create(static _ => { });

        Assert.That((directory.IsReady, directory.IsDynamic, directory.NextAt), Is.EqualTo((true, false, long.MaxValue)));
        Assert.That(directory.Balancer.Set.Single!.Address, Is.Null);
    }

    [Test]
    public void EndpointsOfTheOptions_AreThereAtOnceAndNobodyIsAsked()
    {
        var directory = Create(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://a.test"));
            options.Endpoints.Add(new AmbassadorEndpoint("http://b.test") { Weight = 2, Priority = 1 });
            options.Endpoints.Add(new AmbassadorEndpoint("http://10.0.0.1") { PerAddress = true });
        });

        Assert.That(Shown(directory), Is.EqualTo(["http://a.test", "http://10.0.0.1", "http://b.test"]));
        Assert.That((directory.IsReady, directory.IsDynamic, _names.Questions), Is.EqualTo((true, false, 0)), "an address needs no asking");
    }

    [Test]
    public async Task PerAddress_EachAddressIsAnEndpoint()
    {
        _names.Has("orders", "10.0.0.2", "10.0.0.1", "2001:db8::1", "10.0.0.1");
        var directory = Create(PerAddress);
        Assert.That(directory.IsReady, Is.False);

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.0.1:8080 (orders)", "http://10.0.0.2:8080 (orders)", "http://[2001:db8::1]:8080 (orders)"]));
        Assert.That(directory.EnsureReadyAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
    }

    [TestCase("fails")]
    [TestCase("empty")]
    [TestCase("never")]
    public async Task PerAddress_NoAnswer_KeepsTheLastSetAndIsDegraded(string how)
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        directory.Balancer.Set.All[0].Health.Trip();

        _ = how switch { "fails" => _names.Fails("orders"), "empty" => _names.Has("orders"), _ => _names.NeverAnswers("orders") };
        await RefreshAsync(directory, how == "never");
        Assert.That(Shown(directory), Has.Count.EqualTo(2));
        Assert.That(directory.StaleFor, Is.Not.Null);
        Assert.That(_logs.Named("EndpointsStale"), Has.Count.EqualTo(1));

        _clock.Advance(TimeSpan.FromMinutes(10));
        await RefreshAsync(directory, how == "never");
        await RefreshAsync(directory, how == "never");
        Assert.That(Shown(directory), Has.Count.EqualTo(2), "used still");
        Assert.That(_logs.Named("EndpointsStale"), Has.Count.EqualTo(1), "said once");
        Assert.That(_logs.Named("EndpointsOutdated").Select(static entry => entry.Level), Is.EqualTo([LogLevel.Error]));

        _names.Has("orders", "10.0.0.1", "10.0.0.3");
        await RefreshAsync(directory);
        Assert.That(directory.StaleFor, Is.Null);
        Assert.That(_logs.Named("EndpointsFresh"), Has.Count.EqualTo(1));
        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.0.1:8080 (orders)", "http://10.0.0.3:8080 (orders)"]));
        Assert.That(directory.Balancer.Set.All[0].Health.Read().State, Is.EqualTo(CircuitState.Open), "what was known of it is known");
    }

    [Test]
    public async Task PerAddress_OneOfTwoNamesHasNoAnswer_TheOtherFollows()
    {
        _names.Has("a", "10.0.0.1").Has("b", "10.0.1.1");
        var directory = Create(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://a") { PerAddress = true });
            options.Endpoints.Add(new AmbassadorEndpoint("http://b") { PerAddress = true, Priority = 1 });
            options.Endpoints.Add(new AmbassadorEndpoint("http://c"));
        });
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        _names.Fails("a").Has("b", "10.0.1.2");
        await RefreshAsync(directory);

        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.0.1 (a)", "http://c", "http://10.0.1.2 (b)"]));
        Assert.That(directory.StaleFor, Is.Not.Null);
    }

    [Test]
    public async Task PerAddress_Rebinding_TheOldAddressGetsNoNewRequestAndItsOwnEnds()
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        Assert.That(directory.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var old, out _));

        _names.Has("orders", "127.0.0.1");
        await RefreshAsync(directory);

        Assert.That(directory.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var lease, out _));
        Assert.That(lease.Endpoint.Address!.Ip!.ToString(), Is.EqualTo("127.0.0.1"));
        directory.End(old, AttemptClass.Success, HealthEffect.Success, _clock.GetTimestamp());
        Assert.That(old.Endpoint.InFlight, Is.Zero);
    }

    [Test]
    public async Task EnsureReady_FirstAnswerIsMissing_FailsAndNextOneAsksAgainAfterASecond()
    {
        _names.Fails("orders", SocketError.HostNotFound);
        var directory = Create(PerAddress);

        for (var i = 0; i < 3; i++)
        {
            var failure = await directory.EnsureReadyAsync(CancellationToken.None).AsTask().FailureAsync();
            Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.NameResolutionError));
            Assert.That(((SocketException)failure!.InnerException!).SocketErrorCode, Is.EqualTo(SocketError.HostNotFound));
        }

        Assert.That(_names.Questions, Is.EqualTo(1), "those that come right after it fail by it");
        _clock.Advance(Second);
        _names.Has("orders", "10.0.0.1");
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        Assert.That(_names.Questions, Is.EqualTo(2));
    }

    [Test]
    public async Task EnsureReady_ManyWait_OneQuestionAndEachLeavesByItsOwnToken()
    {
        var answer = new TaskCompletionSource<System.Net.IPAddress[]>();
        _names.Says("orders", () => answer.Task);
        var directory = Create(PerAddress);
        using var leaving = new CancellationTokenSource();

        var first = directory.EnsureReadyAsync(leaving.Token).AsTask();
        var others = Enumerable.Range(0, 20).Select(_ => directory.EnsureReadyAsync(CancellationToken.None).AsTask()).ToList();
        await leaving.CancelAsync();
        Assert.That(await first.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        answer.SetResult([System.Net.IPAddress.Loopback]);

        await Task.WhenAll(others).InTime();
        Assert.That(_names.Questions, Is.EqualTo(1));
    }

    [Test]
    public async Task End_Unsent_AsksAnewAtOnceAndOnceASecondAtMost()
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        Unsent(directory);
        Assert.That(_names.Questions, Is.EqualTo(1), "it was asked a moment ago");

        _clock.Advance(Second);
        for (var i = 0; i < 20; i++)
        {
            Unsent(directory);
        }

        await Eventually.HoldsAsync(() => _names.Questions == 2);
        await directory.Refresh().InTime();
        var asked = _names.Questions;
        Assert.That(asked, Is.LessThanOrEqualTo(3));
        Assert.That(_clock.GetElapsedTime(_clock.GetTimestamp(), directory.NextAt), Is.LessThanOrEqualTo(TimeSpan.FromSeconds(36)));
    }

    [Test]
    public async Task TryPick_TheyAreDue_LeavesThatToTheSidecarForTwoSeconds()
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await Eventually.HoldsAsync(() => directory.NextAt < long.MaxValue, "it is known when they are due");
        var due = directory.NextAt;

        _clock.Advance(_clock.GetElapsedTime(_clock.GetTimestamp(), due));
        Pick(directory);
        Assert.That(directory.NextAt, Is.EqualTo(due));
        _clock.Advance((2 * Second) - TimeSpan.FromTicks(1));
        Pick(directory);
        Assert.That(directory.NextAt, Is.EqualTo(due));

        _clock.Advance(TimeSpan.FromTicks(1));
        Pick(directory);
        await Eventually.HoldsAsync(() => _names.Questions == 2, "nobody else did it");
    }

    [Test]
    public async Task TryPick_WithoutAHost_CallsHaveItAskedForAnewInPassing()
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        _names.Has("orders", "10.0.0.3", "10.0.0.4");
        _clock.Advance(TimeSpan.FromSeconds(23));
        Pick(directory);
        Assert.That(_names.Questions, Is.EqualTo(1), "not before its time, whatever the jitter");
        _clock.Advance(TimeSpan.FromSeconds(16));
        Pick(directory);

        await Eventually.HoldsAsync(() => Shown(directory)[0].Contains("10.0.0.3", StringComparison.Ordinal));
        Assert.That(_names.Questions, Is.EqualTo(2));
    }

    [Test]
    public async Task Apply_OtherEndpoints_AreUsedAndWhatIsKnownStays()
    {
        var directory = Create(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://a.test"));
            options.Endpoints.Add(new AmbassadorEndpoint("http://b.test"));
        });
        var kept = directory.Balancer.Set.All[1];

        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint("http://b.test"));
        options.Endpoints.Add(new AmbassadorEndpoint("http://orders") { PerAddress = true });
        _names.Has("orders", "10.0.0.1");
        directory.Apply(options);
        Pick(directory);

        await Eventually.HoldsAsync(() => directory.Balancer.Set.All.Length == 2 && Shown(directory)[1].Contains("10.0.0.1", StringComparison.Ordinal));
        Assert.That(directory.Balancer.Set.All[0], Is.SameAs(kept));
        directory.Apply(new AmbassadorOptions());
        Assert.That((directory.Balancer.Set.Single!.Address, directory.NextAt), Is.EqualTo(((EndpointAddress?)null, long.MaxValue)));
    }

    [Test]
    public async Task Source_Answers_AreUsedAndChangesFollowTheirToken()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test", "http://b.test");
        var directory = Create(options => options.UseEndpointSource(changing));
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        Assert.That(Shown(directory), Is.EqualTo(["http://a.test", "http://b.test"]));

        _clock.Advance(Second);
        changing.Set("http://b.test", "http://c.test");
        await Eventually.HoldsAsync(() => Shown(directory).SequenceEqual(["http://b.test", "http://c.test"]));

        // The refresh that has brought them may not have ended yet. Another one is due a second after it began, whoever comes by has it begin.
        changing.Set();
        _clock.Advance(Second);
        await Eventually.HoldsAsync(() =>
        {
            Pick(directory);
            return directory.LastFailure?.Message.Contains("ChangingSource", StringComparison.Ordinal) == true;
        });
        Assert.That(Shown(directory), Is.EqualTo(["http://b.test", "http://c.test"]), "none is no answer");
    }

    [Test]
    public async Task Source_ChangesJustAsARefreshEnds_IsAskedAgainASecondLater()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test");
        var directory = Create(options => options.UseEndpointSource(changing));
        var isFirst = true;
        directory.OnDueEarlier = () =>
        {
            // The refresh has looked whether it is wanted again, and its task has not ended.
            if (isFirst)
            {
                isFirst = false;
                changing.Set("http://b.test");
            }
        };

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        Assert.That(_clock.GetElapsedTime(_clock.GetTimestamp(), directory.NextAt), Is.EqualTo(Second));

        _clock.Advance(Second);
        Pick(directory);
        await Eventually.HoldsAsync(() => Shown(directory).SequenceEqual(["http://b.test"]));
    }

    [Test]
    public async Task Source_HasOneThatIsNotAllowed_ItIsLeftOutAndToldOnce()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test", "ftp://b.test", "http://user:canary@c.test");
        var directory = Create(options => options.UseEndpointSource(changing));

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        _clock.Advance(Second);
        await RefreshAsync(directory);

        Assert.That(Shown(directory), Is.EqualTo(["http://a.test"]));
        Assert.That(_logs.Named("EndpointLeftOut"), Has.Count.EqualTo(1), "both are shown alike, since neither may be shown");
        Assert.That(_logs.Entries.Select(static entry => entry.Message), Has.None.Contains("canary"));
    }

    [Test]
    public async Task Source_Throws_KeepsTheLastSet()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test");
        var directory = Create(options => options.UseEndpointSource(changing));
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        changing.Failure = new InvalidOperationException("the registry is down");
        await RefreshAsync(directory);

        Assert.That(Shown(directory), Is.EqualTo(["http://a.test"]));
        Assert.That(directory.LastFailure, Is.SameAs(changing.Failure));
    }

    [TestCase(0, 24)]
    [TestCase(0.5, 30)]
    [TestCase(1, 36)]
    public async Task Refresh_Ends_NextOneIsDueAfterThePeriodGiveOrTakeAFifthAndCallsNoticeTwoSecondsLater(double chance, int seconds)
    {
        _names.Has("orders", "10.0.0.1");
        var directory = Create(PerAddress, new FixedRandom(chance));
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await directory.Refresh().InTime();
        var asked = _names.Questions;
        Assert.That(_clock.GetElapsedTime(_clock.GetTimestamp(), directory.NextAt), Is.EqualTo(TimeSpan.FromSeconds(seconds)));

        _clock.Advance(TimeSpan.FromSeconds(seconds + 2) - TimeSpan.FromTicks(1));
        Pick(directory);
        Assert.That(_names.Questions, Is.EqualTo(asked), "in a host the sidecar has asked by then");
        _clock.Advance(TimeSpan.FromTicks(1));
        Pick(directory);

        await Eventually.HoldsAsync(() => _names.Questions == asked + 1);
    }

    [Test]
    public async Task RequestRefresh_WhileOneIsUnderWay_IsMadeOnceMoreASecondAfterItBegan()
    {
        var answer = new TaskCompletionSource<System.Net.IPAddress[]>();
        _names.Says("orders", () => answer.Task);
        var directory = Create(PerAddress, new FixedRandom(0.5));
        var refreshing = directory.Refresh();
        Assert.That((directory.NextAt, directory.Refresh()), Is.EqualTo((long.MaxValue, refreshing)), "one at a time");
        directory.RequestRefresh();
        Assert.That(directory.NextAt, Is.EqualTo(long.MaxValue));
        _clock.Advance(TimeSpan.FromSeconds(0.25));
        answer.SetResult([System.Net.IPAddress.Loopback]);
        await refreshing.InTime();
        Assert.That(_clock.GetElapsedTime(_clock.GetTimestamp(), directory.NextAt), Is.EqualTo(TimeSpan.FromSeconds(0.75)));

        _clock.Advance(TimeSpan.FromSeconds(0.75));
        Pick(directory);
        await Eventually.HoldsAsync(() => _names.Questions == 2);
        await directory.Refresh().InTime();

        Assert.That(_clock.GetElapsedTime(_clock.GetTimestamp(), directory.NextAt), Is.EqualTo(TimeSpan.FromSeconds(30)), "and not again at once");
    }

    [Test]
    public async Task RequestRefresh_WhileASlowOneIsUnderWay_IsDueAtOnceWhenThatEnds()
    {
        var answer = new TaskCompletionSource<System.Net.IPAddress[]>();
        _names.Says("orders", () => answer.Task);
        var directory = Create(PerAddress);
        var refreshing = directory.Refresh();
        directory.RequestRefresh();
        _clock.Advance(TimeSpan.FromSeconds(3));

        answer.SetResult([System.Net.IPAddress.Loopback]);

        await refreshing.InTime();
        Assert.That(directory.NextAt, Is.EqualTo(_clock.GetTimestamp()));
    }

    [TestCase(AttemptClass.Unsent, HealthEffect.Failure, true)]
    [TestCase(AttemptClass.Unsent, HealthEffect.Neutral, false)]
    [TestCase(AttemptClass.Failed, HealthEffect.Failure, false)]
    [TestCase(AttemptClass.Success, HealthEffect.Success, false)]
    public async Task End_Request_AsksAnewOnlyWhereItCouldNotBeSent(AttemptClass attempt, HealthEffect effect, bool isAsked)
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await directory.Refresh().InTime();
        var answer = new TaskCompletionSource<System.Net.IPAddress[]>();
        _names.Says("orders", () => answer.Task);
        _clock.Advance(Second);
        Assert.That(directory.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var lease, out _));

        directory.End(lease, attempt, effect, _clock.GetTimestamp());

        Assert.That(directory.NextAt == long.MaxValue, Is.EqualTo(isAsked), "it is under way, or not due yet");
        answer.SetResult([System.Net.IPAddress.Loopback]);
        await directory.Refresh().InTime();
    }

    [Test]
    public async Task EnsureReady_OnceThereAreSome_AsksNobody()
    {
        _names.Has("orders", "10.0.0.1");
        var directory = Create(PerAddress);
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        var asked = _names.Questions;
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.That(directory.EnsureReadyAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Assert.That(_names.Questions, Is.EqualTo(asked));
    }

    [Test]
    public async Task EnsureReady_NoneIsKnown_SaysWhose()
    {
        _names.NeverAnswers("orders");
        var directory = Create(PerAddress);
        var waiting = directory.EnsureReadyAsync(CancellationToken.None).AsTask();
        await _clock.PassAsync(AmbassadorResolutionConstants.Timeout);

        var failure = await waiting.FailureAsync();

        Assert.That(failure!.Message, Is.EqualTo("The endpoints of ambassador 'orders' could not be found out, and none is known."));
        Assert.That(((SocketException)failure.InnerException!).SocketErrorCode, Is.EqualTo(SocketError.TryAgain));
    }

    [Test]
    public async Task PerAddress_AllIsWell_NothingIsTold()
    {
        _names.Has("orders", "10.0.0.1", "::ffff:10.0.0.1");
        var directory = Create(PerAddress);

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.0.1:8080 (orders)"]), "in two notations it is one");
        Assert.That(_logs.Entries, Is.Empty);
        Assert.That((directory.StaleFor, directory.LastFailure), Is.EqualTo(((TimeSpan?)null, (Exception?)null)));
    }

    [Test]
    public async Task PerAddress_AnswersAgain_NoFailureIsLeft()
    {
        _names.Fails("orders");
        var directory = Create(PerAddress);
        await directory.Refresh().InTime();
        Assert.That(directory.LastFailure, Is.TypeOf<SocketException>());

        _names.Has("orders", "10.0.0.1");
        await directory.Refresh().InTime();

        Assert.That((directory.LastFailure, directory.StaleFor), Is.EqualTo(((Exception?)null, (TimeSpan?)null)));
    }

    [Test]
    public async Task PerAddress_SomeMayNotBeCalled_AreLeftOutAndTold()
    {
        _names.Has("orders", "10.0.0.1", "10.0.0.2");
        var directory = Create(static options =>
        {
            PerAddress(options);
            options.Egress.DeniedAddresses.Add("10.0.0.2");
            options.Egress.MixedAddresses = MixedAddresses.UseAllowed;
        });

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.0.1:8080 (orders)"]));
        Assert.That(
            _logs.Entries.Select(static entry => entry.Message), Is.EqualTo(["Ambassador 'orders': an endpoint is left out. 'orders' has addresses that may not be called."]));
    }

    [Test]
    public async Task PerAddress_NameWasGoneMeanwhile_ItsOldAddressesAreForgotten()
    {
        _names.Has("a", "10.0.0.1").Has("b", "10.0.1.1");
        var directory = Create(static options => Names(options, "a", "b"));
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await ApplyAsync("b");
        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.1.1 (b)"]));

        _names.Fails("a");
        await ApplyAsync("a", "b");

        Assert.That(Shown(directory), Is.EqualTo(["http://10.0.1.1 (b)"]));

        async Task ApplyAsync(params string[] names)
        {
            var options = new AmbassadorOptions();
            Names(options, names);
            directory.Apply(options);
            await directory.Refresh().InTime();
        }

        static void Names(AmbassadorOptions options, params string[] names)
        {
            foreach (var name in names)
            {
                options.Endpoints.Add(new AmbassadorEndpoint($"http://{name}") { PerAddress = true });
            }
        }
    }

    [TestCase(false, new[] { "http://b.test", "https://a.test" }, 0)]
    [TestCase(true, new[] { "https://a.test" }, 1)]
    public async Task Source_OneInTheClear_IsLeftOutWhereCallsHaveACredential(bool hasCredential, string[] expected, int told)
    {
        using var changing = new ChangingSource();
        changing.Set("https://a.test", "http://b.test");
        var directory = Create(options =>
        {
            options.UseEndpointSource(changing);
            AddKey(options, hasCredential);
        });

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(Shown(directory), Is.EquivalentTo(expected));
        Assert.That(
            _logs.Entries.Select(static entry => entry.Message),
            Is.EqualTo(Enumerable.Repeat(
                "Ambassador 'orders': an endpoint is left out. 'b.test' has no https, and calls have a credential, which Authentication:AllowInsecureCredentials does not allow there.", told)));
    }

    [Test]
    public async Task Source_AllInTheClearAndCallsHaveACredential_AreUsedSoThatCallsSayWhy()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test", "http://b.test");
        var directory = Create(options =>
        {
            options.UseEndpointSource(changing);
            AddKey(options, hasCredential: true);
        });

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(Shown(directory), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Source_OneMayNotBeCalledOrIsNotAllowed_EachIsToldByItself()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test", "http://169.254.169.254", "ftp://b.test");
        var directory = Create(options => options.UseEndpointSource(changing));

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();

        Assert.That(
            _logs.Entries.Select(static entry => entry.Message),
            Is.EqualTo([
                "Ambassador 'orders': an endpoint is left out. The source's endpoint '169.254.169.254' may not be called: its address is in 169.254.0.0/16, which is never called.",
                "Ambassador 'orders': an endpoint is left out. The source's endpoint:Address is an address that is not shown; allowed is an absolute address with http or https, without user info, query and fragment.",
            ]));
    }

    [Test]
    public async Task Source_HasMoreThanThereMayBe_FirstAreUsedAndItIsToldOnce()
    {
        using var changing = new ChangingSource();
        changing.Set("http://a.test", "http://b.test", "http://c.test");
        var directory = Create(options =>
        {
            options.UseEndpointSource(changing);
            options.Balancing.MaxEndpoints = 2;
        });

        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await directory.Refresh().InTime();

        Assert.That(Shown(directory), Is.EqualTo(["http://a.test", "http://b.test"]));
        Assert.That(
            _logs.Entries.Select(static entry => entry.Message), Is.EqualTo(["Ambassador 'orders' has more endpoints than Balancing:MaxEndpoints; the first 2 are used."]));
    }

    [Test]
    public async Task Source_IsAskedAgain_ItsTokenOfBeforeIsLetGo()
    {
        var source = new WatchedSource();
        var directory = Create(options => options.UseEndpointSource(source));
        await directory.EnsureReadyAsync(CancellationToken.None).AsTask().InTime();
        await directory.Refresh().InTime();
        var asked = source.Watched;

        await directory.Refresh().InTime();

        Assert.That((source.Watched, source.LetGo), Is.EqualTo((asked + 1, asked)));
    }

    [Test]
    public async Task Apply_EndpointsOfTheOptionsDuringARefresh_AreUsedAndNobodyIsAskedAgain()
    {
        var answer = new TaskCompletionSource<System.Net.IPAddress[]>();
        _names.Says("orders", () => answer.Task);
        var directory = Create(PerAddress);
        var refreshing = directory.Refresh();
        await Eventually.HoldsAsync(() => _names.Questions == 1);
        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint("http://a.test"));

        directory.Apply(options);
        answer.SetResult([System.Net.IPAddress.Loopback]);
        await refreshing.InTime();

        Assert.That((directory.NextAt, directory.IsDynamic), Is.EqualTo((long.MaxValue, false)));
        Assert.That(Shown(directory), Is.EqualTo(["http://a.test"]));
        directory.RequestRefresh();
        Assert.That((directory.NextAt, _names.Questions), Is.EqualTo((long.MaxValue, 1)));
    }

    [Test]
    public async Task Apply_EndpointsOfTheOptionsInsteadOfNamesWithoutAnswer_AreFresh()
    {
        _names.Fails("orders");
        var directory = Create(PerAddress);
        await directory.Refresh().InTime();
        Assert.That(directory.StaleFor, Is.Not.Null);

        directory.Apply(new AmbassadorOptions { Balancing = { MaxEndpoints = 7 } });

        Assert.That((directory.StaleFor, directory.LastFailure), Is.EqualTo(((TimeSpan?)null, (Exception?)null)));
        Assert.That(directory.Balancer.Scale.Options.MaxEndpoints, Is.EqualTo(7));
    }

    [Test]
    public async Task DueEarlier_WhateverMakesItSo_IsTold()
    {
        _names.Has("orders", "10.0.0.1");
        var directory = Create(PerAddress);
        var told = 0;
        directory.OnDueEarlier = () => told++;
        await directory.Refresh().InTime();
        Assert.That(told, Is.EqualTo(1), "when it has ended, and is due again");

        directory.RequestRefresh();
        Assert.That(told, Is.EqualTo(2), "too soon for another one");
        var options = new AmbassadorOptions();
        PerAddress(options);
        directory.Apply(options);

        Assert.That((told, directory.NextAt), Is.EqualTo((3, _clock.GetTimestamp())));
    }

    [Test]
    public void Transition_OfAnyEndpoint_IsTold()
    {
        var told = new List<(string, CircuitState, CircuitState)>();
        var options = new AmbassadorOptions();
        options.Endpoints.Add(new AmbassadorEndpoint("http://a.test"));
        options.Endpoints.Add(new AmbassadorEndpoint("http://b.test"));
        var directory = new EndpointDirectory("orders", _clock, _logs.CreateLogger("test"), options)
        {
            OnTransition = (endpoint, from, to) => told.Add((endpoint.Address!.Authority, from, to)),
        };

        directory.Balancer.Set.All[1].Health.Trip();

        Assert.That(told, Is.EqualTo([("b.test", CircuitState.Closed, CircuitState.Open)]));
    }

    private static void AddKey(AmbassadorOptions options, bool hasCredential)
    {
        if (hasCredential)
        {
            options.ApiKey.Keys.Add("key");
        }
    }

    private static void PerAddress(AmbassadorOptions options) => options.Endpoints.Add(new AmbassadorEndpoint("http://orders:8080") { PerAddress = true });

    private static List<string> Shown(EndpointDirectory directory) => [.. directory.Balancer.Set.All.Select(static endpoint => $"{endpoint.Address!.Scheme}://{endpoint.Address.Authority}")];

    private EndpointDirectory Create(Action<AmbassadorOptions> configure, Random? random = null)
    {
        var options = new AmbassadorOptions();
        configure(options);
        return new EndpointDirectory("orders", _clock, _logs.CreateLogger("test"), options, random ?? new Random(3)) { Resolve = _names.ResolveAsync };
    }

    private async Task RefreshAsync(EndpointDirectory directory, bool neverAnswers = false)
    {
        var refreshing = directory.Refresh();
        if (neverAnswers)
        {
            await _clock.PassAsync(AmbassadorResolutionConstants.Timeout);
        }

        await refreshing.InTime();
    }

    private void Pick(EndpointDirectory directory)
    {
        if (directory.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var lease, out _))
        {
            directory.Balancer.EndGood(lease, _clock.GetTimestamp());
        }
    }

    private void Unsent(EndpointDirectory directory)
    {
        if (directory.TryPick(_clock.GetTimestamp(), PickPurpose.Attempt, default, null, out var lease, out _))
        {
            directory.End(lease, AttemptClass.Unsent, HealthEffect.Failure, _clock.GetTimestamp());
        }
    }

    /// <summary>A source that counts who waits for its changes.</summary>
    private sealed class WatchedSource : IEndpointSource
    {
        public int Watched { get; private set; }

        public int LetGo { get; private set; }

        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) => new(new AmbassadorEndpointSet([new AmbassadorEndpoint("http://a.test")], new Token(this)));

        private sealed class Token(WatchedSource source) : IChangeToken
        {
            public bool HasChanged => false;

            public bool ActiveChangeCallbacks => true;

            public IDisposable RegisterChangeCallback(Action<object?> callback, object? state)
            {
                source.Watched++;
                return new Registration(source);
            }
        }

        private sealed class Registration(WatchedSource source) : IDisposable
        {
            public void Dispose() => source.LetGo++;
        }
    }

    /// <summary>A source whose answer changes.</summary>
    private sealed class ChangingSource : IEndpointSource, IDisposable
    {
        private CancellationTokenSource _changed = new();
        private string[] _addresses = [];

        public Exception? Failure { get; set; }

        public void Set(params string[] addresses)
        {
            _addresses = addresses;
            Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
        }

        public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) => Failure is { } failure
            ? throw failure
            : new(new AmbassadorEndpointSet(_addresses.Select(static address => new AmbassadorEndpoint(address)), new CancellationChangeToken(_changed.Token)));

        public void Dispose() => _changed.Dispose();
    }
}
