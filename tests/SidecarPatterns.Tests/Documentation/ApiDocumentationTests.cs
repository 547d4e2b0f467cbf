using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>What the documentation of public members must say beside a summary, for which there is <see cref="PublicSurfaceTests"/>.</summary>
[TestFixture]
internal sealed partial class ApiDocumentationTests
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // The library calls them, and has an answer for whatever they throw.
    private static readonly Type[] WrittenByUsers =
    [
        typeof(ISidecar), typeof(ISidecar<>), typeof(ISidecar<,>), typeof(IBatchSidecar<>), typeof(ISidecarSource<>), typeof(ISidecarStartup),
        typeof(IDeadLetterSink), typeof(IEndpointSource), typeof(IAmbassadorCredentialProvider),
    ];

    // The container fails to make them: nobody ever calls one.
    private static readonly Type[] NeverMade = [typeof(UnknownSidecarWriter<>), typeof(UnknownSidecarClient<,>)];

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Option_EveryOne_NamesItsDefaultAsItIs(Assembly assembly)
    {
        var documentation = new ApiDocumentation(assembly);
        var options = assembly.GetExportedTypes()
            .Where(static type => IsOptions(type) && !type.IsAbstract)
            .SelectMany(static type => type.GetProperties().Where(IsOption).Select(property => (Property: property, Defaults: Activator.CreateInstance(type)!)))
            .ToList();
        var wrong = options
            .Select(option => (option.Property, Default: option.Property.GetValue(option.Defaults), Text: ValueOf(documentation, option.Property)))
            .Where(static option => !NamesDefault(option.Text, option.Default))
            .Select(static option => $"{DocumentationId.Of(option.Property)} is {option.Default ?? "null"}: {option.Text}");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(options, Has.Count.GreaterThan(20));
            Assert.That(wrong, Is.Empty);
        }
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Exception_ThatAPublicMemberThrows_IsDocumented(Assembly assembly)
    {
        var documentation = new ApiDocumentation(assembly);
        var thrown = PublicMethodsOf(assembly)
            .SelectMany(static method => ThrownExceptions.Of(method).Select(exception => (Method: method, Id: IdOf(method), Exception: exception)))
            .Concat(ImplementationsIn(assembly).SelectMany(static pair =>
                ThrownExceptions.Of(pair.Implementation).Select(exception => (Method: pair.Public, Id: IdOf(pair.Public), Exception: exception))))
            .ToList();
        var missing = thrown
            .Where(one => !IsInherited(documentation, one.Method) && !documentation.ExceptionsOf(one.Id).Contains(one.Exception.FullName))
            .Select(static one => $"{one.Id}: {one.Exception.Name}")
            .Distinct();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(thrown, Has.Count.GreaterThan(5));
            Assert.That(missing, Is.Empty);
        }
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Type_ThatHasSomethingToDo_SaysWhichThreadsMayUseIt(Assembly assembly)
    {
        var documentation = new ApiDocumentation(assembly);
        var types = assembly.GetExportedTypes().Where(HasSomethingToDo).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(types, Has.Count.GreaterThan(5));
            Assert.That(types.Where(type => !Threads().IsMatch(ApiDocumentation.TextOf(documentation.Of(DocumentationId.Of(type))))), Is.Empty);
        }
    }

    [TestCaseSource(typeof(Packages), nameof(Packages.Both))]
    public void Example_EveryOne_StandsInCompiledCode(Assembly assembly)
    {
        var compiled = ReadmeTests.Normalize(Repository.Read("tests/SidecarPatterns.Tests/Documentation/ExampleSnippets.cs"));
        foreach (var example in new ApiDocumentation(assembly).Code)
        {
            Assert.That(compiled, Does.Contain(ReadmeTests.Normalize(example)));
        }
    }

    [Test]
    public void Examples_OfTheLibrary_AreThere() => Assert.That(new ApiDocumentation(typeof(ISidecar).Assembly).Code.Count(), Is.GreaterThan(5));

    // One to set, or a list to add to; not a group of options.
    private static bool IsOption(PropertyInfo property) => !IsOptions(property.PropertyType)
        && (property.SetMethod is { IsPublic: true } || property.PropertyType.IsAssignableTo(typeof(IEnumerable)));

    private static bool IsOptions(Type type) => type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static string ValueOf(ApiDocumentation documentation, PropertyInfo property) =>
        ApiDocumentation.TextOf(documentation.Of(DocumentationId.Of(property)).Element("value"));

    /// <summary>Whether a text begins with what the code has, such as <c>30 s by default</c>.</summary>
    private static bool NamesDefault(string text, object? value)
    {
        var named = Default().Match(text) is { Success: true } match ? match.Groups[1].Value : "";
        return value switch
        {
            null => named == "null",
            "" => named == "Empty",
            bool isOn => named == (isOn ? "true" : "false"),
            TimeSpan duration => Duration().Match(named) is { Success: true } shown && duration == Unit(shown.Groups[2].Value) * Number(shown.Groups[1].Value),
            Enum choice => named == choice.ToString().Replace(", ", " and ", StringComparison.Ordinal),
            string other => named == other,
            IEnumerable list => named is "Empty" or "None" && !list.GetEnumerator().MoveNext(),
            IConvertible number => named.Length > 0 && Number(named).Equals(number.ToDouble(CultureInfo.InvariantCulture)),
            _ => false,
        };
    }

    private static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;

    private static TimeSpan Unit(string name) => name switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        "min" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(1),
    };

    private static IEnumerable<MethodBase> PublicMethodsOf(Assembly assembly) => assembly.GetExportedTypes()
        .SelectMany(static type => type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        .Where(static method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && IsWritten(method));

    // An accessor is known by its property.
    private static bool IsWritten(MethodBase method) =>
        PropertyOf(method) is not null || !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static string IdOf(MethodBase method) => PropertyOf(method) is { } property ? DocumentationId.Of(property) : DocumentationId.Of(method);

    private static PropertyInfo? PropertyOf(MethodBase method) => method.IsSpecialName
        ? Array.Find(method.DeclaringType!.GetProperties(Declared), property => Array.IndexOf(property.GetAccessors(nonPublic: true), method) >= 0)
        : null;

    /// <summary>The internal methods that stand behind public ones of interfaces and abstract classes.</summary>
    private static IEnumerable<(MethodBase Public, MethodBase Implementation)> ImplementationsIn(Assembly assembly)
    {
        foreach (var type in assembly.GetTypes().Where(static type => type is { IsVisible: false, IsInterface: false } && !NeverMade.Contains(type)))
        {
            foreach (var contract in type.GetInterfaces().Where(one => one.Assembly == assembly && one.IsVisible && !IsWrittenByUsers(one)))
            {
                var map = type.GetInterfaceMap(contract);
                foreach (var (declared, target) in map.InterfaceMethods.Zip(map.TargetMethods).Where(pair => pair.Second.DeclaringType == type))
                {
                    yield return (Generic(declared), target);
                }
            }

            foreach (var method in type.GetMethods(Declared))
            {
                if (method.GetBaseDefinition() is { DeclaringType: { IsVisible: true } } declared && declared != method && declared.DeclaringType.Assembly == assembly)
                {
                    yield return (Generic(declared), method);
                }
            }
        }
    }

    private static bool IsWrittenByUsers(Type contract) =>
        WrittenByUsers.Contains(contract.IsGenericType ? contract.GetGenericTypeDefinition() : contract);

    // As it was written, whatever it is called with.
    private static MethodInfo Generic(MethodInfo method) => method.DeclaringType is { IsGenericType: true } type
        ? type.GetGenericTypeDefinition().GetMethods(Declared).Single(other => other.MetadataToken == method.MetadataToken)
        : method;

    // What it has from the framework, nobody here can look up.
    private static bool IsInherited(ApiDocumentation documentation, MethodBase method) =>
        documentation.Of(IdOf(method)).Elements("inheritdoc").Any(static other => other.Attribute("cref") is null);

    /// <summary>Whether a type has methods that somebody wrote: it is more than a picture, a choice or a set of options.</summary>
    private static bool HasSomethingToDo(Type type) =>
        type is { IsEnum: false, IsValueType: false } && !(type.IsAbstract && type.IsSealed)
        && !type.IsAssignableTo(typeof(Exception)) && !type.IsAssignableTo(typeof(Delegate))
        && !IsOptions(type)
        && type.GetMethods(Declared).Any(static method => method is { IsSpecialName: false, IsPublic: true }
            && method.GetBaseDefinition().DeclaringType != typeof(object)
            && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));

    [GeneratedRegex("^(.*?)(?: \\(.*?\\))? by default")]
    private static partial Regex Default();

    [GeneratedRegex(@"^([\d.,]+) (ms|s|min|h|days?)$")]
    private static partial Regex Duration();

    [GeneratedRegex("thread-safe|any thread|one thread|at a time|at the same time|immutable", RegexOptions.IgnoreCase)]
    private static partial Regex Threads();
}
