using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

// The overloads differ in a delegate that all callers give, or its type, so none can be taken for another.
#pragma warning disable RS0026 // Do not add multiple public overloads with optional parameters

/// <content>What a version must be like to be adopted.</content>
public sealed partial class ConfigurationAgentOptions
{
    private const string NeedsGeneratedBinding =
        "The section is bound by reflection. Where code is trimmed or compiled ahead of time, use the overload that is given the binding, "
        + "section => section.Get<TOptions>().";

    private readonly List<DocumentRule> _rules = [];

    /// <summary>Adds a check of every version.</summary>
    /// <param name="isValid">
    /// Whether it is in order. It is given the configuration as the application would have it: the version at its place among the sources that are there.
    /// What it throws refuses the version too.
    /// </param>
    /// <param name="problem">What is wrong if it is not, for the error.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="isValid"/> is <see langword="null"/>.</exception>
    public ConfigurationAgentOptions Validate(Func<IConfiguration, bool> isValid, string? problem = null)
    {
        ArgumentNullException.ThrowIfNull(isValid);
        problem ??= $"validator {_rules.Count + 1} says that it is not valid";
        return Add(new DocumentRule(null, candidate => isValid(candidate) ? null : problem));
    }

    /// <summary>Adds a check of a section of every version, bound to a fresh instance.</summary>
    /// <typeparam name="TOptions">What it is bound to.</typeparam>
    /// <param name="section">The path of the section.</param>
    /// <param name="isValid">Whether it is in order. What it, or the binding, throws refuses the version too.</param>
    /// <param name="problem">What is wrong if it is not, for the error.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="section"/> or <paramref name="isValid"/> is <see langword="null"/>.</exception>
    [RequiresDynamicCode(NeedsGeneratedBinding)]
    [RequiresUnreferencedCode(NeedsGeneratedBinding)]
    public ConfigurationAgentOptions Validate<TOptions>(string section, Func<TOptions, bool> isValid, string? problem = null)
        where TOptions : class, new() =>
        Validate(section, Bind<TOptions>, isValid, problem);

    /// <summary>Adds a check of a section of every version by the validator of its options.</summary>
    /// <typeparam name="TOptions">What it is bound to.</typeparam>
    /// <param name="section">The path of the section.</param>
    /// <param name="validator">The validator, such as a generated one; it is given no name.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="section"/> or <paramref name="validator"/> is <see langword="null"/>.</exception>
    [RequiresDynamicCode(NeedsGeneratedBinding)]
    [RequiresUnreferencedCode(NeedsGeneratedBinding)]
    public ConfigurationAgentOptions Validate<TOptions>(string section, IValidateOptions<TOptions> validator)
        where TOptions : class, new() =>
        Validate(section, Bind<TOptions>, validator);

    /// <summary>As the overload without <paramref name="bind"/>, where code is trimmed or compiled ahead of time.</summary>
    /// <typeparam name="TOptions">What it is bound to.</typeparam>
    /// <param name="section">The path of the section.</param>
    /// <param name="bind">
    /// Binds it: <c>section => section.Get&lt;TOptions&gt;()</c>, which the compiler generates code for where you write it. <see langword="null"/> says that
    /// it is missing, and refuses the version.
    /// </param>
    /// <param name="isValid">Whether it is in order.</param>
    /// <param name="problem">What is wrong if it is not, for the error.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">
    /// <paramref name="section"/>, <paramref name="bind"/> or <paramref name="isValid"/> is <see langword="null"/>.
    /// </exception>
    public ConfigurationAgentOptions Validate<TOptions>(
        string section, Func<IConfigurationSection, TOptions?> bind, Func<TOptions, bool> isValid, string? problem = null)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(isValid);
        return Add(section, bind, options => isValid(options) ? null : problem ?? $"it is not valid as {typeof(TOptions).Name}");
    }

    /// <inheritdoc cref="Validate{TOptions}(string, Func{IConfigurationSection, TOptions}, Func{TOptions, bool}, string)"/>
    /// <param name="section">The path of the section.</param>
    /// <param name="bind">Binds it: <c>section => section.Get&lt;TOptions&gt;()</c>, which the compiler generates code for where you write it.</param>
    /// <param name="validator">The validator, such as a generated one; it is given no name.</param>
    /// <exception cref="ArgumentNullException">
    /// <paramref name="section"/>, <paramref name="bind"/> or <paramref name="validator"/> is <see langword="null"/>.
    /// </exception>
    public ConfigurationAgentOptions Validate<TOptions>(string section, Func<IConfigurationSection, TOptions?> bind, IValidateOptions<TOptions> validator)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(validator);
        return Add(section, bind, options => validator.Validate(name: null, options) is { Failed: true } result ? result.FailureMessage : null);
    }

    internal IReadOnlyList<DocumentRule> GetRules() => _rules;

    [RequiresDynamicCode(NeedsGeneratedBinding)]
    [RequiresUnreferencedCode(NeedsGeneratedBinding)]
    private static TOptions Bind<TOptions>(IConfigurationSection section)
        where TOptions : class, new()
    {
        var options = new TOptions();
        Action<IConfiguration, object?> bind = ConfigurationBinder.Bind; // No call that code could be generated for: the type is the caller's.
        bind(section, options);
        return options;
    }

    private ConfigurationAgentOptions Add<TOptions>(string section, Func<IConfigurationSection, TOptions?> bind, Func<TOptions, string?> findProblem)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(bind);
        return Add(new DocumentRule(section, candidate => bind(candidate.GetSection(section)) is { } options ? findProblem(options) : "it is missing"));
    }

    private ConfigurationAgentOptions Add(DocumentRule rule)
    {
        _rules.Add(rule);
        return this;
    }
}
