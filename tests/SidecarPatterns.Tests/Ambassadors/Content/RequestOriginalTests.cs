using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class RequestOriginalTests
{
    private static readonly Uri Address = new("http://orders.test/a?b=c");

    private static IEnumerable<TestCaseData> Changes()
    {
        yield return Change("address", static request => request.RequestUri = new Uri("http://other.test/"));
        yield return Change("equal address", static request => request.RequestUri = new Uri(Address.OriginalString));
        yield return Change("no address", static request => request.RequestUri = null);
        yield return Change("method", static request => request.Method = HttpMethod.Get);
        yield return Change("content", static request => request.Content = new StringContent("b"));
        yield return Change("no content", static request => request.Content = null);
        yield return Change("version", static request => request.Version = HttpVersion.Version11);
        yield return Change("version policy", static request => request.VersionPolicy = HttpVersionPolicy.RequestVersionExact);

        static TestCaseData Change(string name, Action<HttpRequestMessage> change) => new TestCaseData(change).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Changes))]
    public void Restore_ChangedByAHandler_IsWhatItWas(Action<HttpRequestMessage> change)
    {
        using var content = new StringContent("a");
        using var request = NewRequest(content);
        var original = RequestOriginal.Of(request);

        change(request);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(original.Restore(request), Is.True);
            Assert.That(request.RequestUri, Is.SameAs(Address));
            Assert.That(request.Method, Is.SameAs(HttpMethod.Post));
            Assert.That(request.Content, Is.SameAs(content));
            Assert.That(request.Version, Is.SameAs(HttpVersion.Version20));
            Assert.That(request.VersionPolicy, Is.EqualTo(HttpVersionPolicy.RequestVersionOrHigher));
            Assert.That(original.Restore(request), Is.False);
        }
    }

    [Test]
    public void Restore_OnlyWhatWasChangedForTheSending_IsNoChange()
    {
        using var content = new StringContent("a");
        using var request = NewRequest(content);
        var original = RequestOriginal.Of(request);
        request.Content = new ContentTracker(content).Content;
        var sent = RequestOriginal.Of(request);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(original.Restore(request, sent), Is.False);
            Assert.That(request.Content, Is.SameAs(content));
        }
    }

    [Test]
    public void Restore_ChangedToTheOriginalOfAChange_IsAChange()
    {
        using var content = new StringContent("a");
        using var request = NewRequest(content);
        var original = RequestOriginal.Of(request);
        request.Content = new ContentTracker(content).Content;
        var sent = RequestOriginal.Of(request);
        request.Content = content;

        Assert.That(original.Restore(request, sent), Is.True);
    }

    [Test]
    public void Restore_HeadersOfAnyKind_AreWhatTheyWere()
    {
        using var request = NewRequest(null);
        request.Headers.TryAddWithoutValidation("User-Agent", "(not a product");
        request.Headers.TryAddWithoutValidation("X-Empty", "");
        request.Headers.TryAddWithoutValidation("X-Many", ["a", "b,c", "d"]);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "1");
        request.Headers.Accept.ParseAdd("text/html, */*;q=0.1");
        var before = Written(request.Headers);
        var original = RequestOriginal.Of(request, withHeaders: true);

        request.Headers.Authorization = null;
        request.Headers.Remove("X-Many");
        request.Headers.Add("X-Added", "1");
        request.Headers.Accept.ParseAdd("image/png");
        original.Restore(request);
        var after = Written(request.Headers);
        original.Release();

        Assert.That(after, Is.EqualTo(before));
    }

    [TestCase(true, "X-One", "2")]
    [TestCase(true, "X-Two", "1")]
    [TestCase(true, "X-One", "1", "2")]
    [TestCase(false, "X-One", "2")]
    [TestCase(false, "X-Two", "1")]
    [TestCase(false, "X-Two", "2")]
    [TestCase(false, "X-One", "1", "2")]
    public void Restore_AnotherHeaderInTheOnesPlace_IsTheOneAgain(bool hasOthers, string name, params string[] values)
    {
        using var request = NewRequest(null);
        if (hasOthers)
        {
            request.Headers.Add("X-First", "0");
        }

        request.Headers.Add("X-One", "1");
        var before = Written(request.Headers);
        var original = RequestOriginal.Of(request, withHeaders: true);

        request.Headers.Remove("X-One");
        request.Headers.Add(name, values);
        original.Restore(request);

        Assert.That(Written(request.Headers), Is.EqualTo(before));
        original.Release();
    }

    [Test]
    public void Restore_HeadersAreNotKept_TheyStayAsTheyAre()
    {
        using var request = NewRequest(null);
        var original = RequestOriginal.Of(request);
        request.Headers.Add("X-Added", "1");

        original.Restore(request);

        Assert.That(Written(request.Headers), Is.EqualTo(new[] { "X-Added: 1" }));
        Assert.That(original.Release, Throws.Nothing);
    }

    [Test]
    public void Restore_ToTheAddressItWasGivenSince_IsNoChange()
    {
        var endpoint = new Uri("http://one.test/a?b=c");
        using var request = NewRequest(null);
        var original = RequestOriginal.Of(request);
        request.RequestUri = endpoint;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(original.Restore(request, original, endpoint), Is.False);
            Assert.That(request.RequestUri, Is.SameAs(Address));
            Assert.That(original.Restore(request, original, endpoint), Is.True, "somebody has put another one there");
        }
    }

    // A credential among them is to live no longer than its call, and what they stood in serves the next one.
    [Test]
    public void Release_HeadersWereKept_KeepsNoneAndTakesNoMemoryAgain()
    {
        var value = KeepAndRelease();
        GC.Collect();
        using var request = NewRequest(null);
        request.Headers.Add("X-One", "1");
        RequestOriginal.Of(request, withHeaders: true).Release();
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            RequestOriginal.Of(request, withHeaders: true).Release();
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(value.IsAlive, Is.False);
            Assert.That(bytes, Is.LessThan(100 * 100), "an array of 16 headers has more");
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference KeepAndRelease()
        {
            var token = new string('t', 100);
            using var request = NewRequest(null);
            request.Headers.TryAddWithoutValidation("Authorization", token);
            RequestOriginal.Of(request, withHeaders: true).Release();
            return new WeakReference(token);
        }
    }

    [Test]
    public void Restore_HeadersAreEqual_AreLeftAlone()
    {
        using var request = NewRequest(null);
        request.Headers.Add("X-Many", ["a", "b"]);
        request.Headers.Add("X-One", "1");
        var credential = request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "1");
        var original = RequestOriginal.Of(request, withHeaders: true);
        var bytes = GC.GetAllocatedBytesForCurrentThread();

        original.Restore(request);

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        original.Release();
        Assert.That(bytes, Is.LessThan(200));
        Assert.That(request.Headers.Authorization, Is.SameAs(credential), "it was not put there again");
    }

    [Test]
    public void Restore_MessageWasDisposedOf_ThrowsNothing()
    {
        var request = NewRequest(null);
        var original = RequestOriginal.Of(request, withHeaders: true);
        request.Method = HttpMethod.Get;
        request.Headers.Add("X-Added", "1");
        request.Dispose();

        Assert.That(() => original.Restore(request), Is.True);
        original.Release();
    }

    private static string[] Written(HttpRequestHeaders headers) => [.. headers.NonValidated.Select(static header => $"{header.Key}: {header.Value}")];

    private static HttpRequestMessage NewRequest(HttpContent? content) => new(HttpMethod.Post, Address)
    {
        Content = content,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionOrHigher,
    };
}
